import { LockstepError } from '@lockstep/core'
import type { ColumnRef, Node } from 'libpg-query'
import { OK } from '../barrier/guard.ts'
import type { StatementContext } from '../resolve/statement-context.ts'
import { column } from '../statement/ast.ts'
import { okOf } from './rows-to-change.ts'
import type { WriteTarget } from './write-target.ts'

/**
 * Makes every reference to the table that a statement writes one by the table's only name, in place: cells that the caller may not read become
 * NULL or masked where they are named, because no derived table stands there to do it.
 */
export function settleTarget(statement: object, target: WriteTarget, { notes }: StatementContext): void {
  const { alias, item, read, own } = target
  // a derived table hands its cells on, under names of its own
  const its = new Set(item.columns)
  const cells = new Map<string, Node>()
  for (const node of read.select.targetList ?? []) {
    if ('ResTarget' in node && node.ResTarget.name && node.ResTarget.val)
      cells.set(node.ResTarget.name, node.ResTarget.val)
  }
  const replacement = (reference: ColumnRef): Node | undefined => {
    const [first, second] = reference.fields ?? []
    if (isName(first, alias) && isName(second, OK)) return own(okOf(target))
    const meaning = notes.meanings.get(reference)
    if (!meaning || !its.has(meaning)) return undefined
    const cell = cells.get(meaning.name)
    if (cell) return own(cell)
    // INVARIANT: a column that is not plain everywhere is never named as it is stored.
    if (read.plainWhere.has(meaning.name)) throw new LockstepError('execution.statement-unsupported')
    return column(alias, meaning.name)
  }
  replaceReferences(statement, replacement)
}

function replaceReferences(tree: unknown, replacement: (reference: ColumnRef) => Node | undefined): void {
  if (typeof tree !== 'object' || tree === null) return
  const reference: ColumnRef | undefined = 'ColumnRef' in tree ? (tree.ColumnRef as ColumnRef) : undefined
  const node = reference && replacement(reference)
  if (node) {
    Reflect.deleteProperty(tree, 'ColumnRef')
    Object.assign(tree, node)
    return
  }
  for (const value of Object.values(tree)) replaceReferences(value, replacement)
}

function isName(node: Node | undefined, text: string): boolean {
  return node !== undefined && 'String' in node && node.String.sval === text
}
