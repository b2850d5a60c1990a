import type { Node } from 'libpg-query'
import { cast, choose, combine, isTruth, name, text } from '../statement/ast.ts'

/** Stands in PostgreSQL's message when a write fails because the policy does not permit it. */
export const WRITE_DENIED = 'lockstep.write-denied'

const BOOLEAN = { names: [name('pg_catalog'), name('bool')], typemod: -1 }

/** The conditions in one; `undefined` where all of them always hold. */
export function allOf(conditions: readonly (Node | undefined)[]): Node | undefined {
  const demanding = [...new Set(conditions)].filter((node) => node !== undefined).filter((node) => !isTruth(node, true))
  const [first, ...more] = demanding
  return first && more.reduce((left, right) => combine('AND_EXPR', left, right), first)
}

/**
 * True where a condition holds; else the statement fails, and with it all that it wrote. PostgreSQL evaluates it where it stands, on the row
 * that stands there, and cannot do so ahead of time: what is cast is chosen by the row.
 */
export function permittedWhere(condition: Node): Node {
  return cast(choose([[condition, text('t')]], text(WRITE_DENIED)), BOOLEAN)
}

/** An expression that fails the statement where the condition does not hold. */
export function onlyWhere(condition: Node | undefined, expression: Node, otherwise?: Node): Node {
  return condition ? choose([[permittedWhere(condition), expression]], otherwise) : expression
}
