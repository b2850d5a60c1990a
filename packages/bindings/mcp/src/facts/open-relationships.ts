import {
  type EntityDeclarations,
  LockstepError,
  type OpenableRelationships,
  type RelationMapping,
  type RelationshipSource,
} from '@lockstep/core'
import { openRelationshipSource, viewsOf } from '@lockstep/execution'
import { bareRelationships } from '../bare-relationships.ts'
import type { LockstepConfiguration } from '../configuration.ts'
import type { SourceLimits } from './ask-source.ts'
import { guardRelationships } from './guard-relationships.ts'

/** What relationships are opened with. */
export interface OpenRelationshipsOptions {
  readonly configuration: Pick<LockstepConfiguration, 'relationships' | 'database' | 'issuers'>
  /** What the policy's schema declares of entities. */
  readonly declared: EntityDeclarations
  readonly limits: SourceLimits
  /** What a source may ask to be opened with. */
  readonly given: Parameters<OpenableRelationships['open']>[0]
}

/**
 * Opens what the configuration names as relationships, behind the guard that every source is behind.
 *
 * @throws LockstepError `configuration.invalid`, `execution.mapping-invalid`, `execution.database-failed`, or the source's own
 */
export async function openRelationships(options: OpenRelationshipsOptions): Promise<RelationshipSource> {
  const { configuration, declared, limits, given } = options
  const { relationships = bareRelationships, database, issuers } = configuration
  if (!isMapping(relationships)) {
    const source: RelationshipSource & Partial<OpenableRelationships> = relationships
    await source.open?.(given)
    return guardRelationships(source, limits)
  }
  if (!database) {
    throw new LockstepError('configuration.invalid', '`relationships` names views, and no `database` reads them')
  }
  const source = await openRelationshipSource({
    relations: relationships,
    declared,
    issuers: issuers.map(({ issuer }) => issuer),
    query: (text, parameters) => database.query(text, parameters).then(({ rows }) => rows),
    most: limits.factValues,
  })
  return guardRelationships(source, limits)
}

/** The views that the configuration's relationships are read from; none where a source of its own reads them. */
export function relationViews({ relationships }: Pick<LockstepConfiguration, 'relationships'>): readonly string[] {
  return relationships && isMapping(relationships) ? viewsOf(relationships) : []
}

function isMapping(
  relationships: NonNullable<LockstepConfiguration['relationships']>,
): relationships is RelationMapping {
  return typeof relationships.load !== 'function'
}
