import {
  actorEntity,
  type EntityDeclarations,
  LockstepError,
  type RelationMapping,
  type RelationshipSource,
  subjectEntity,
} from '@lockstep/core'
import { factsOfRows } from './facts-of-rows.ts'
import { readLiveColumns } from './live-columns.ts'
import { planRelations, viewsOf } from './plan-relations.ts'
import type { Query } from './query.ts'
import { relationsStatement } from './relations-statement.ts'

/** What relationships are read from. */
export interface RelationshipSourceOptions {
  readonly relations: RelationMapping
  /** What the policy's schema declares of entities. */
  readonly declared: EntityDeclarations
  /** The issuers that subjects may come from. */
  readonly issuers: readonly string[]
  readonly query: Query
  /** How many things may be said of one caller. */
  readonly most: number
}

/**
 * Opens the port that reads a caller's relationships from views of the team's own tables. The mapping is held against the policy's schema and
 * the live database, and the statement is run once for nobody, so that what cannot be read is known at the start.
 *
 * Everything about one call is one statement, so one snapshot. The revision is a digest of what was read: it changes exactly when the
 * caller's relations do.
 *
 * Rejects with `execution.mapping-invalid` naming what does not fit, and with `execution.database-failed`. `load` rejects with
 * `policy.facts-unavailable`, with `policy.facts-invalid` (a required attribute that no row says, a NULL in a set, two values of one
 * attribute), and with `policy.facts-too-large`.
 */
export async function openRelationshipSource(options: RelationshipSourceOptions): Promise<RelationshipSource> {
  const { relations, declared, issuers, query, most } = options
  const live = await readLiveColumns(viewsOf(relations), query)
  const plan = planRelations({ relations, declared, live, issuers })
  const { text, parameters } = relationsStatement(plan)
  await query(text, parameters({ subject: null, actor: null, issuer: '', rows: 1 })).catch(() => {
    throw new LockstepError('execution.mapping-invalid', 'the views of the relations cannot be read')
  })

  return {
    async load({ subject, actor }) {
      const who = { subject: storable(subject.id), actor: actor ? storable(actor.id) : null }
      const issuer = storable(subject.issuer) ?? ''
      const rows = await query(text, parameters({ ...who, issuer, rows: most + 1 })).catch(() => {
        // Without its cause: a driver's error holds the statement and its parameters.
        throw new LockstepError('policy.facts-unavailable')
      })
      if (rows.length > most) throw new LockstepError('policy.facts-too-large')
      const roots = [subjectEntity({ subject }), ...(actor ? [actorEntity({ actor })] : [])]
      return factsOfRows(roots, rows, plan)
    },
  }
}

/** Half a surrogate pair would be sent as another text, and a NUL not at all. */
function storable(text: string): string | null {
  return text.isWellFormed() && !text.includes('\u0000') ? text : null
}
