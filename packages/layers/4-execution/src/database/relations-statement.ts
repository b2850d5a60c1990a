import { ACTOR_TYPE, SUBJECT_TYPE } from '@lockstep/core'
import type { PlannedRelation, RelationPlan } from './plan-relations.ts'
import { quoteName, quoteRelation } from './quote.ts'

/** One statement that reads everything that is known of a caller. */
export interface RelationsStatement {
  readonly text: string
  /** Its parameters. A text that no row can hold is null, and finds none. */
  parameters(who: { subject: string | null; actor: string | null; issuer: string; rows: number }): unknown[]
}

/** The longest text that a cell may hold. A longer one comes back cut, one character longer than this, and is refused. */
export const LONGEST_TEXT = 4_096

/** The subject and the actor come before the relations. */
export const ROOTS = 2

/**
 * Prints the statement: from the subject and the actor along every relation to whatever they lead to, each thing that is said as one row of
 * `slot` (which relation, counted from 2), `about` (an id) and `value`, all as text, so that no driver can round or reformat it.
 *
 * One statement reads one snapshot. UNION ends at what was seen before, so a cycle ends; LIMIT stops the recursion as soon as there are
 * enough rows, so nobody's relations fill the memory of either side.
 */
export function relationsStatement({ relations }: RelationPlan): RelationsStatement {
  const only = [
    ...new Set(relations.flatMap(({ relation: { issuer } }) => (issuer && 'only' in issuer ? [issuer.only] : []))),
  ]
  const slotsOf = (type: string) => {
    const roots = [SUBJECT_TYPE, ACTOR_TYPE].flatMap((root, slot) => (root === type ? [slot] : []))
    const led = relations.flatMap(({ value }, slot) =>
      value.is === 'entity' && value.entity === type ? [slot + ROOTS] : [],
    )
    return [...roots, ...led]
  }
  const found = relations.map((planned, index) => branch(planned, index + ROOTS, slotsOf(planned.of), only))
  const nothing = 'SELECT NULL::int AS slot, NULL::text AS value WHERE false'
  const text = `WITH RECURSIVE fact (slot, about, value) AS (
  SELECT root.slot, NULL::text COLLATE "C", root.value COLLATE "C"
  FROM (VALUES (0, $1::text), (1, $2::text)) AS root (slot, value) WHERE root.value IS NOT NULL
  UNION
  SELECT found.slot, known.value, found.value COLLATE "C"
  FROM fact AS known CROSS JOIN LATERAL (
    ${found.length > 0 ? found.join('\n    UNION ALL ') : nothing}
  ) AS found
)
SELECT slot, about, value FROM fact WHERE slot >= ${ROOTS} AND $3::text IS NOT NULL LIMIT $4::int`
  return {
    text,
    parameters: ({ subject, actor, issuer, rows }) => [subject, actor, issuer, rows, ...only],
  }
}

function branch(
  { relation: { view, key, column, issuer }, key: { kind, column: live } }: PlannedRelation,
  slot: number,
  from: readonly number[],
  only: readonly string[],
): string {
  const ids = kind.is === 'entity' ? kind.ids : 'string'
  const { collation } = live
  const known = 'known.value'
  const id = {
    // Compared as the column's index compares.
    string: collation ? `(${known} COLLATE ${quoteName(collation.schema)}.${quoteName(collation.name)})` : known,
    // attacker-controlled: the first ids are a token's. What is no number, or no uuid, equals none, and is not an error of the statement.
    long: `CASE WHEN ${known} ~ '^(0|-?[1-9][0-9]{0,18})$' THEN CASE WHEN ${known}::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN ${known}::bigint END END`,
    none: 'NULL::text',
    uuid: `CASE WHEN ${known} ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN ${known}::uuid END`,
  }[ids]
  const own =
    issuer &&
    ('column' in issuer
      ? `t.${quoteName(issuer.column)}::text COLLATE "C" = $3`
      : `$3 = $${5 + only.indexOf(issuer.only)}::text`)
  const cell = `t.${quoteName(column)}::text`
  const text = `left(${cell}, ${LONGEST_TEXT + 1}) COLLATE "C"`
  return `SELECT ${slot} AS slot, ${text} AS value FROM ${quoteRelation(view)} AS t WHERE known.slot IN (${from.join(', ')}) AND t.${quoteName(key)} = ${id}${own ? ` AND ${own}` : ''}`
}
