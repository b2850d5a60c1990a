import { createDraw } from './draw.ts'
import { writeExpression } from './expression.ts'
import { writeFrom, writeRelation } from './from-clause.ts'
import type { Column, Grammar, Leakiness, Schema } from './grammar.ts'
import { writePredicate } from './predicate.ts'
import { writeBlock, writeSingle } from './query-block.ts'
import { respell } from './spelling.ts'
import type { Statement } from './statement.ts'

/** A generated statement: as a caller would send it, and as the oracle must be asked (stars expanded to visible columns). */
export interface GeneratedStatement {
  readonly sent: string
  readonly expanded: string
  readonly parameters: readonly string[]
  /** Whether the statement says in which order its rows come. */
  readonly ordered: boolean
  /** The grammar features in it, for telling acceptance apart. */
  readonly features: ReadonlySet<string>
}

/** Marks that no statement holds: of what is sent, of what the oracle is asked instead, and of its end. */
const [SENT, EXPANDED, END] = ['\u0001', '\u0002', '\u0003']
const DIFFERENT = new RegExp(
  `${SENT}([^${SENT}${EXPANDED}${END}]*)${EXPANDED}([^${SENT}${EXPANDED}${END}]*)${END}`,
  'g',
)

/** Draws one statement of a kind. The same seed gives the same statement. */
export function drawStatement(
  seed: number,
  schema: Schema,
  leakiness: Leakiness,
  write: (g: Grammar) => Statement,
): GeneratedStatement {
  const draw = createDraw(seed)
  const features = new Set<string>()
  const parameters: string[] = []
  let aliases = 0
  const g: Grammar = {
    draw,
    schema,
    leakiness,
    ctes: new Map<string, readonly Column[]>(),
    feature: (name) => void features.add(name),
    fresh: () => `t${aliases++}`,
    parameter: (value) => `$${parameters.push(value)}`,
    differ: (sent, expanded) => SENT + sent + EXPANDED + expanded + END,
    expression: (scope, type, depth) => writeExpression(g, scope, type, depth),
    predicate: (scope, depth) => writePredicate(g, scope, depth),
    relation: (outer, depth) => writeRelation(g, outer, depth),
    from: (outer, depth) => writeFrom(g, outer, depth),
    single: (outer, type, depth) => writeSingle(g, outer, type, depth),
    block: (outer, depth) => writeBlock(g, outer, depth),
  }
  const { text, ordered } = write(g)
  const names = new Set([
    schema.name,
    ...schema.tables.flatMap(({ name, columns }) => [name, ...columns.map((one) => one.name)]),
  ])
  const sent = text.replace(DIFFERENT, '$1')
  // a value that was drawn for a part that was then left out is not bound
  const used = parameters.map((_, index) => new RegExp(`\\$${index + 1}(?!\\d)`).test(sent))
  const place = (index: number): number => used.slice(0, index).filter(Boolean).length
  const renumber = (statement: string): string =>
    statement.replace(/\$(\d+)/g, (_, number) => `$${place(Number(number))}`)
  return {
    sent: draw.chance(30) ? respell(renumber(sent), names, draw) : renumber(sent),
    expanded: renumber(text.replace(DIFFERENT, '$2')),
    parameters: parameters.filter((_, index) => used[index]),
    ordered,
    features,
  }
}
