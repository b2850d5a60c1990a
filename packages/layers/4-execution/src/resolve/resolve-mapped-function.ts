import { LockstepError } from '@lockstep/core'
import type { FuncCall, Node, RangeFunction } from 'libpg-query'
import { FUNCTIONS } from '../grammar/functions.ts'
import type { ScopedRelation } from '../policy/scope-relation.ts'
import { cast } from '../statement/ast.ts'
import { placeRelation } from './place-relation.ts'
import { resolveExpression } from './resolve-expression.ts'
import type { FromItem, RangeEntry } from './scope.ts'
import type { Place } from './statement-context.ts'

/**
 * Resolves a call of a function of the mapping that stands alone in FROM: it becomes, in place, the derived table over that call, of which each
 * argument has the type that the mapping says, so that no other function of the name is meant. `undefined` for any other call.
 *
 * Throws `execution.function-unknown` for another number of arguments, and `execution.statement-unsupported` for what a mapped function cannot
 * have beside it.
 */
export function resolveMappedFunction(
  item: Node,
  range: RangeFunction,
  before: FromItem,
  place: Place,
): RangeEntry | undefined {
  const [only, ...others] = range.functions ?? []
  const [call] = only && 'List' in only ? (only.List.items ?? []) : []
  if (!call || !('FuncCall' in call) || others.length > 0) return undefined
  const relation = relationOf(call.FuncCall, place)
  if (!relation) return undefined
  // a number of rows would count the hidden ones too, and rows of two functions side by side would tell where they are
  if (range.ordinality || range.is_rowsfrom || range.coldeflist) throw unsupported()
  const { funcname: _, funcformat: __, args = [], ...more } = call.FuncCall
  if (Object.keys(more).length > 0 || args.some((arg) => 'NamedArgExpr' in arg)) throw unsupported()
  const types = relation.table.arguments
  if (args.length !== types.length) {
    throw new LockstepError('execution.function-unknown', `it takes ${types.length} arguments`)
  }
  const inside = { ...place, scope: { ...before, outer: place.scope } }
  for (const arg of args) resolveExpression(arg, inside)
  place.context.notes.callArguments.push(...args)
  // the grammar leaves out an empty list
  if (args.length > 0) callIn(relation).args = args.map((arg, index) => cast(arg, types[index] ?? {}))
  return placeRelation(item, relation, range.alias, place.context)
}

function relationOf({ funcname = [] }: FuncCall, { context }: Place): ScopedRelation | undefined {
  const path = funcname.map((part) => ('String' in part ? part.String.sval : undefined))
  const name = path.at(-1)
  const schema = path.length > 1 ? path[0] : undefined
  // a bare name is PostgreSQL's own before it is any other
  if (name === undefined || path.length > 2 || (schema === undefined && FUNCTIONS.has(name))) return undefined
  return context.mappedFunction(schema, name)
}

function callIn({ select }: ScopedRelation): FuncCall {
  const [source] = select.fromClause ?? []
  const [list] = source && 'RangeFunction' in source ? (source.RangeFunction.functions ?? []) : []
  const [call] = list && 'List' in list ? (list.List.items ?? []) : []
  if (!call || !('FuncCall' in call)) throw unsupported()
  return call.FuncCall
}

function unsupported(): LockstepError {
  return new LockstepError(
    'execution.statement-unsupported',
    'a function of the mapping is called by itself, with plain arguments',
  )
}
