import { LockstepError } from '@lockstep/core'
import type { FuncCall, Node, RangeFunction } from 'libpg-query'
import { needsRows, RECORD_FUNCTIONS, SET_FUNCTIONS } from '../grammar/functions.ts'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { renamed } from './renamed.ts'
import { resolveExpression } from './resolve-expression.ts'
import { resolveFunction } from './resolve-function.ts'
import type { FromItem, RangeEntry } from './scope.ts'
import type { Place } from './statement-context.ts'

/**
 * Resolves a function in FROM, or several side by side (`ROWS FROM`). They see what stands to their left, with or without
 * LATERAL. Functions that the configuration adds could return anything, and stay out of FROM.
 *
 * Throws `execution.function-unknown` and `execution.statement-unsupported`.
 */
export function resolveRangeFunction(range: RangeFunction, before: FromItem, place: Place): RangeEntry {
  const items = (range.functions ?? []).flatMap(spellUnnest)
  // `unnest(a, b)` is a form of its own, for the bare name alone
  if (items.length > (range.functions?.length ?? 0)) Object.assign(range, { functions: items, is_rowsfrom: true })
  const inside = { ...place, scope: { ...before, outer: place.scope } }
  const alias = items.length === 1 ? range.alias?.aliasname : undefined
  const calls = items.map((item) => resolveItem(item, range.coldeflist, alias, inside))
  const [first] = calls
  if (!first) throw new LockstepError('execution.statement-unsupported')
  const names = [...calls.flatMap(({ columns }) => columns), ...(range.ordinality ? ['ordinality'] : [])]
  const columns = names.map((column): ScopedColumn => ({ name: column, form: 'plain', source: { from: 'rows' } }))
  return { name: range.alias?.aliasname ?? first.name, columns: renamed(columns, range.alias) }
}

function resolveItem(item: Node, definitions: readonly Node[] | undefined, alias: string | undefined, place: Place) {
  const [call, own] = 'List' in item ? (item.List.items ?? []) : []
  if (!call || !('FuncCall' in call)) throw new LockstepError('execution.function-unknown')
  const name = resolveFunction(call.FuncCall, place.context)
  if (call.FuncCall.over || needsRows(name)) throw new LockstepError('execution.function-unknown')
  if (schemaOf(call.FuncCall) !== 'pg_catalog') {
    throw new LockstepError('execution.function-unknown', 'declare what the function returns to use it in FROM')
  }
  resolveExpression(call, place)
  const defined = own && 'List' in own ? own.List.items : definitions
  if (RECORD_FUNCTIONS.has(name)) return { name, columns: (defined ?? []).map(definedName) }
  return { name, columns: SET_FUNCTIONS[name] ?? [alias ?? name] }
}

function spellUnnest(item: Node): Node[] {
  const [call, ...rest] = 'List' in item ? (item.List.items ?? []) : []
  if (!call || !('FuncCall' in call) || lastName(call.FuncCall) !== 'unnest') return [item]
  const { args = [], ...unnest } = call.FuncCall
  return args.map((arg): Node => ({ List: { items: [{ FuncCall: { ...unnest, args: [arg] } }, ...rest] } }))
}

function definedName(node: Node): string {
  const text = 'ColumnDef' in node ? node.ColumnDef.colname : undefined
  if (text === undefined) throw new LockstepError('execution.statement-unsupported')
  return text
}

function schemaOf({ funcname }: FuncCall): string | undefined {
  const [first] = funcname ?? []
  return first && 'String' in first ? first.String.sval : undefined
}

function lastName({ funcname }: FuncCall): string | undefined {
  const last = funcname?.at(-1)
  return last && 'String' in last ? last.String.sval : undefined
}
