import { LockstepError } from '@lockstep/core'
import { deparseSync } from 'pgsql-deparser'
import { CarefulPrinter } from './careful-printer.ts'
import { parseLocated } from './parse-statement.ts'
import { sameTree } from './same-tree.ts'
import type { Statement } from './statement.ts'

/**
 * Prints a rewritten statement, parses the print again and compares the two trees. Only a print that means exactly what was
 * rewritten is returned; the deparser silently drops a few clauses, and what the careful printer cannot save is refused.
 * Throws `execution.print-differs`.
 */
export function printStatement(statement: Statement): string {
  for (const print of [printPlain, printCarefully]) {
    const text = faithful(statement, print)
    if (text !== undefined) return text
  }
  throw new LockstepError('execution.print-differs')
}

// `pretty` is super-linear in the nesting
const printPlain = (statement: Statement): string => deparseSync(statement, { pretty: false })
const printCarefully = (statement: Statement): string => new CarefulPrinter(statement, { pretty: false }).deparseQuery()

function faithful(statement: Statement, print: (statement: Statement) => string): string | undefined {
  try {
    const text = print(statement)
    // INVARIANT: only a text that parses to the very tree that was checked is ever sent.
    return sameTree(parseLocated(text), statement) ? text : undefined
  } catch {
    return undefined
  }
}
