import { resolve } from 'node:path'
import { type EntityDeclarations, historyMembers } from '@lockstep/core'
import { type LockstepConfiguration, type Manifest, readManifest } from '@lockstep/mcp'
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
  configuration: LockstepConfiguration,
  folder: string,
  { manifest, declared }: { readonly manifest?: string | undefined; readonly declared?: EntityDeclarations } = {},
): Promise<ServerDescription> {
  const configured = configuration.manifest === undefined ? undefined : resolve(folder, configuration.manifest)
  const file = manifest === undefined ? configured : resolve(manifest)
  const [known, database] = await Promise.all([file && readManifest(file), lookAtDatabase(configuration, declared)])
  const { tools, tables = {}, resources } = configuration
  const outputs = Object.values(tools).flatMap(({ output = {} }) => Object.values(output))
  return {
    input: {
      tools: Object.entries(tools).map(([name, tool]) => describeTool(name, tool, configuration, known || undefined)),
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
  manifest: Manifest | undefined,
): SchemaTool {
  const approvable = approvers !== undefined && resource !== undefined
  return {
    name,
    action,
    resource: resource?.type,
    approvable,
    aged: maxAges.length > 0,
    classed: sensitivity !== undefined,
    history: historyMembers(history, name, resource !== undefined),
    input: manifest?.get(name),
  }
}
