import type { Node, SelectStmt } from 'libpg-query'
import { column, combine, isTrue, operation } from '../statement/ast.ts'

/** A relation that a policy looks into by itself: unfiltered, whatever the caller may see of it. */
export interface LookedAt {
  readonly schema: string
  readonly name: string
}

/**
 * `EXISTS (SELECT FROM relation AS alias WHERE ...) IS TRUE`, which stays a condition on the row where the row is read. A bare EXISTS becomes a
 * join, below which PostgreSQL may compute what a statement selects or orders by, of hidden rows too.
 */
export function exists(relation: LookedAt, alias: string, where: Node): Node {
  return isTrue(subLink('EXISTS_SUBLINK', look(relation, alias, where)))
}

/** `(SELECT alias.cell FROM relation AS alias WHERE ...)`, which is NULL where no row is found. */
export function cellOf(relation: LookedAt, alias: string, cell: string, where: Node): Node {
  return subLink('EXPR_SUBLINK', look(relation, alias, where, column(alias, cell)))
}

/** `ARRAY(SELECT alias.cell FROM relation AS alias WHERE ...)` */
export function cellsOf(relation: LookedAt, alias: string, cell: string, where: Node): Node {
  return subLink('ARRAY_SUBLINK', look(relation, alias, where, column(alias, cell)))
}

/** `alias.cell = value`, and more. */
export function where(alias: string, cell: string, value: Node, ...rest: readonly Node[]): Node {
  return rest.reduce((left, right) => combine('AND_EXPR', left, right), operation(column(alias, cell), '=', value))
}

function look({ schema, name }: LookedAt, aliasname: string, whereClause: Node, cell?: Node): SelectStmt {
  return {
    ...(cell ? { targetList: [{ ResTarget: { val: cell } }] } : {}),
    fromClause: [
      { RangeVar: { schemaname: schema, relname: name, inh: true, relpersistence: 'p', alias: { aliasname } } },
    ],
    whereClause,
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  }
}

function subLink(subLinkType: 'EXISTS_SUBLINK' | 'EXPR_SUBLINK' | 'ARRAY_SUBLINK', select: SelectStmt): Node {
  return { SubLink: { subLinkType, subselect: { SelectStmt: select } } }
}
