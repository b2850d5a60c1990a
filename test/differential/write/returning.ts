import { selectable } from '../select/from-clause.ts'
import type { Grammar, Relation, Scope } from '../select/grammar.ts'

/** Writes a RETURNING clause over the relations of a statement, the one that is written first; or none. */
export function writeReturning(g: Grammar, relations: readonly Relation[]): string {
  const { draw } = g
  const kind = draw.pick('none', 'none', '*', 'alias.*', 'columns', 'expressions', 'expressions')
  g.feature(kind === 'none' ? 'no returning' : `returning ${kind}`)
  const [target] = relations
  if (kind === 'none' || !target) return ''
  const stars = (some: readonly Relation[]): string =>
    some.flatMap(({ alias, columns }) => columns.map((column) => selectable(column, alias))).join(', ')
  if (kind === '*') return ` returning ${g.differ('*', stars(relations))}`
  if (kind === 'alias.*') {
    const others = draw.chance(40) ? `, ${g.expression({ relations }, 'text', 1)} as more` : ''
    return ` returning ${g.differ(`${target.alias}.*`, stars([target]))}${others}`
  }
  const columns = relations.flatMap(({ alias, columns: its }) => its.map((column) => ({ alias, column })))
  const some = columns.filter(() => draw.chance(30)).slice(0, 5)
  if (some.some(({ column }) => column.mask)) g.feature('returning a mask')
  const items = some.map(({ alias, column }) => g.differ(`${alias}.${column.name}`, selectable(column, alias)))
  if (kind === 'columns' && items.length > 0) return ` returning ${items.join(', ')}`
  return ` returning ${[...expressions(g, { relations }), ...items].join(', ')}`
}

function expressions(g: Grammar, scope: Scope): readonly string[] {
  const types = ['int', 'text', 'number', 'date', 'bool', 'json', 'texts'] as const
  return types.filter((_, index) => index < 2 || g.draw.chance(25)).map((type) => g.expression(scope, type, 1))
}
