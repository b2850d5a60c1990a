import { LockstepError, type RelationshipSource } from '@lockstep/core'
import { declareReached, type LockstepConfiguration } from '@lockstep/mcp'

/**
 * The same configuration where there is no database: its mapping is held against a snapshot of the catalog, and what would be read from
 * tables is not known.
 *
 * @param catalog the file of the snapshot, as an absolute path
 */
export function withoutDatabase(configuration: LockstepConfiguration, catalog: string): LockstepConfiguration {
  const { database: _, resources: __, relationships, ...rest } = configuration
  const types = Object.values(declareReached(configuration).configuration.tools).flatMap(({ resource }) =>
    resource ? [resource.type] : [],
  )
  const isMapping = relationships !== undefined && typeof relationships.load !== 'function'
  const known = isMapping || relationships === undefined ? {} : { relationships }
  return {
    ...rest,
    catalog,
    ...(isMapping ? { relationships: IN_THE_DATABASE } : known),
    // No statement is about a resource; a tool that is about one needs a source all the same.
    ...(types.length > 0 ? { resources: { ...NO_RESOURCES, types: [...new Set(types)] } } : {}),
  }
}

function unknown(): Promise<never> {
  return Promise.reject(
    new LockstepError(
      'policy.facts-unavailable',
      'they are in a database, and --snapshot does without; give them with --facts',
    ),
  )
}

const NO_RESOURCES = { authority: 'no database', load: unknown }

/** INVARIANT: relationships that nobody read are never taken for none. */
const IN_THE_DATABASE: RelationshipSource = { load: unknown }
