import { LockstepError } from '@lockstep/core'
import { eachMember, isTree } from '../statement/tree.ts'

/** What the names begin with that only Lockstep gives. */
export const RESERVED = '__'

const NAMES = new Set(['aliasname', 'ctename', 'relname', 'schemaname', 'name', 'refname'])

/**
 * Refuses every identifier of a statement that begins like the names that Lockstep gives to columns of its own, so that none
 * can be reached, hidden or imitated. Throws `execution.statement-unsupported`.
 */
export function checkNames(tree: unknown): void {
  if (!isTree(tree)) return
  eachMember(tree, (key, value) => {
    // a text that is a value may begin with anything
    if (key === 'A_Const') return
    const name = key === 'String' && isTree(value) ? value.sval : NAMES.has(key) ? value : undefined
    if (typeof name === 'string' && name.startsWith(RESERVED)) {
      throw new LockstepError('execution.statement-unsupported', `names that begin with \`${RESERVED}\` are reserved`)
    }
    checkNames(value)
  })
}
