import { type EntityDeclarations, LockstepError, type ResourceSource } from '@lockstep/core'
import { createResourceSource, fitResources, type Query, readAuthority } from '@lockstep/execution'
import type { LockstepConfiguration } from '../configuration.ts'
import type { SourceLimits } from './ask-source.ts'
import { guardResources } from './guard-resources.ts'

/** What loads the resources of calls, and as whom. */
export interface OpenedResources {
  /** Absent when no tool is about a resource and nothing loads one. */
  readonly source: ResourceSource | undefined
  /** Under which authority entities of a type are loaded, for the record. */
  readonly authorityOf: (type: string) => string
}

/** What resources are opened with. */
export interface OpenResourcesOptions {
  readonly configuration: Pick<LockstepConfiguration, 'resources' | 'database' | 'tables' | 'tools'>
  /** Completions whose values are keys of stored records. */
  readonly suggested: ReadonlyMap<string, { readonly entity: string }>
  /** What the policy's schema declares of entities. */
  readonly declared: EntityDeclarations
  /** Every relation that `database` reads, as `schema.name`. */
  readonly relations: readonly string[]
  readonly limits: SourceLimits
}

/** What is recorded where the configuration names no role. */
const UNDECLARED = 'undeclared'

/**
 * Opens what loads resources: the team's function for the types that it names, the mapped tables for all others. Every type that a tool is about
 * must be loaded by one of them, and the role that the configuration names must be the one that reads, and be able to do no more.
 *
 * @throws LockstepError `configuration.invalid`, `execution.mapping-invalid`, `execution.database-failed`
 */
export async function openResources(options: OpenResourcesOptions): Promise<OpenedResources> {
  const { configuration, declared, relations, limits } = options
  const { resources, database, tables = {}, tools } = configuration
  const query: Query | undefined =
    database && ((text, parameters) => database.query(text, parameters).then(({ rows }) => rows))
  if (query && database?.as !== undefined) await requireRole(database.as, relations, query)

  const byFunction = new Set(resources?.types)
  const mapped = new Set(query ? Object.values(tables).map(({ entity }) => entity) : [])
  const named = new Map([
    ...Object.entries(tools).flatMap(([tool, { resource }]) => (resource ? [[tool, resource.type] as const] : [])),
    ...[...options.suggested].map(([name, { entity }]) => [name, entity] as const),
  ])
  for (const [tool, type] of named) {
    if (!byFunction.has(type) && !mapped.has(type)) throw unloaded(tool, type)
  }
  fitResources(
    tables,
    [...named.values()].filter((type) => !byFunction.has(type)),
    declared,
  )

  const fromTables = query && guardResources(createResourceSource({ tables, query }), limits)
  const fromFunction = resources && guardResources(resources, limits)
  const sourceOf = (type: string) => (byFunction.has(type) ? fromFunction : fromTables)
  return {
    source: fromTables || fromFunction ? { load: async (type, id) => sourceOf(type)?.load(type, id) } : undefined,
    authorityOf: (type) =>
      (byFunction.has(type) ? resources?.authority : database?.as && `role ${database.as}`) ?? UNDECLARED,
  }
}

async function requireRole(as: string, relations: readonly string[], query: Query): Promise<void> {
  const { role, beyond } = await readAuthority(relations, query)
  if (role !== as) {
    throw new LockstepError(
      'configuration.invalid',
      `\`database.as\` is \`${as}\`, and \`database.query\` runs as \`${role}\``,
    )
  }
  if (beyond.length > 0) {
    throw new LockstepError(
      'configuration.invalid',
      `the role \`${as}\` of \`database.as\` can do more than read: it ${beyond.join(', it ')}`,
    )
  }
}

function unloaded(tool: string, type: string): LockstepError {
  return new LockstepError(
    'configuration.invalid',
    `\`tools.${tool}.resource\`: nothing loads \`${type}\`; map its table in \`tables\` and name \`database\`, or name the type in \`resources.types\``,
  )
}
