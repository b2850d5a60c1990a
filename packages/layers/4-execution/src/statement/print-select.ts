import { LockstepError } from '@lockstep/core'
import type { SelectStmt } from 'libpg-query'
import { deparseSync } from 'pgsql-deparser'
import { CarefulPrinter } from './careful-printer.ts'
import { parseSelect } from './parse-select.ts'
import { sameTree } from './same-tree.ts'

/**
 * Prints a rewritten statement, parses the print again and compares the two trees. Only a print that means exactly what was
 * rewritten is returned; the deparser silently drops a few clauses, and what the careful printer cannot save is refused.
 * Throws `execution.print-differs`.
 */
export function printSelect(select: SelectStmt): string {
  for (const print of [printPlain, printCarefully]) {
    const text = faithful(select, print)
    if (text !== undefined) return text
  }
  throw new LockstepError('execution.print-differs')
}

// `pretty` is super-linear in the nesting
const printPlain = (select: SelectStmt): string => deparseSync({ SelectStmt: select }, { pretty: false })
const printCarefully = (select: SelectStmt): string =>
  new CarefulPrinter({ SelectStmt: select }, { pretty: false }).deparseQuery()

function faithful(select: SelectStmt, print: (select: SelectStmt) => string): string | undefined {
  try {
    const text = print(select)
    // INVARIANT: only a text that parses to the very tree that was checked is ever sent.
    return sameTree(parseSelect(text), select) ? text : undefined
  } catch {
    return undefined
  }
}
