import { resolve } from 'node:path'
import { type EntityDeclarations, historyMembers } from '@lockstep/core'
import { declareReached, type LockstepConfiguration, type Reached, readManifest } from '@lockstep/mcp'
import type { DriftInput, SchemaTool } from '@lockstep/policy'
import { type DatabaseView, lookAtDatabase } from './look-at-database.ts'
import { mappedEntities } from './mapped-entities.ts'

/** What a policy's schema is about: the tools, the tables, and what could be known of them. */
export interface ServerDescription {
  readonly input: DriftInput
  readonly database: DatabaseView
  /** Path of the manifest; absent when there is none. */
  readonly manifest: string | undefined
  /** Tools of the manifest that the configuration does not declare: they do not exist for callers. */
  readonly undeclared: readonly string[]
}

/**
 * Reads what a configuration says of its server. Rejects with `configuration.manifest-invalid`.
 *
 * @param folder what relative paths in the configuration start from
 * @param manifest a manifest in the place of the configured one
 * @param declared what the policy's schema declares of entities, where there is one
 */
export async function describeServer(
  stated: LockstepConfiguration,
  folder: string,
  { manifest, declared }: { readonly manifest?: string | undefined; readonly declared?: EntityDeclarations } = {},
): Promise<ServerDescription> {
  const { configuration, reached } = declareReached(stated)
  const configured = configuration.manifest === undefined ? undefined : resolve(folder, configuration.manifest)
  const file = manifest === undefined ? configured : resolve(manifest)
  const [known, database] = await Promise.all([
    file === undefined ? undefined : readManifest(file),
    lookAtDatabase(configuration, declared),
  ])
  const { tools, tables = {}, resources } = configuration
  const outputs = Object.values(tools).flatMap(({ output = {} }) => Object.values(output))
  return {
    input: {
      tools: Object.entries(tools).map(([name, tool]) => ({
        ...describeTool(name, tool, configuration),
        input: known?.get(name) ?? inputOf(reached, name),
      })),
      entities: mappedEntities(tables, database.live),
      released: outputs.flatMap((bound) => (typeof bound === 'object' ? [bound.entity] : [])),
      tablesOnly: resources === undefined,
    },
    database,
    manifest: file,
    undeclared: known ? [...known.keys()].filter((name) => !Object.hasOwn(tools, name)) : [],
  }
}

function describeTool(
  name: string,
  { action = name, resource, sensitivity }: LockstepConfiguration['tools'][string],
  { approvers, maxAges = [], history = {} }: LockstepConfiguration,
): Omit<SchemaTool, 'input'> {
  const approvable = approvers !== undefined && resource !== undefined
  return {
    name,
    action,
    resource: resource?.type,
    approvable,
    aged: maxAges.length > 0,
    classed: sensitivity !== undefined,
    history: historyMembers(history, name, resource !== undefined),
  }
}

/** The variables of a resource's URI, and what a completion is asked with: no manifest has to say it. */
function inputOf(reached: Reached, name: string): SchemaTool['input'] {
  const schema = reached.inputOf(name)
  return schema && { schema, pointer: `${name} of the configuration` }
}
