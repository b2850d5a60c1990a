import { isDeepStrictEqual } from 'node:util'
import { LockstepError } from '@lockstep/core'
import type { SelectStmt } from 'libpg-query'
import { deparseSync } from 'pgsql-deparser'
import { parseSelect } from './parse-select.ts'

/**
 * Prints a rewritten statement, parses the print again and compares the two trees. Only a print that means exactly what was
 * rewritten is returned; the deparser silently drops a few clauses (`WITH TIES`, some parentheses around `IS`).
 * Throws `execution.print-differs`.
 */
export function printSelect(select: SelectStmt): string {
  let text: string
  let again: SelectStmt
  try {
    // `pretty` is super-linear in the nesting
    text = deparseSync({ SelectStmt: select }, { pretty: false })
    again = parseSelect(text)
  } catch {
    throw new LockstepError('execution.print-differs')
  }
  if (!isDeepStrictEqual(again, select)) throw new LockstepError('execution.print-differs')
  return text
}
