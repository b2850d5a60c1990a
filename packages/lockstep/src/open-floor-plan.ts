import { resolve } from 'node:path'
import { FLOOR_SCHEMA, type FloorPlan, loadParser, type NamedRoles, nameRoles } from '@lockstep/execution'
import { loadConfiguration, planConfiguredFloor, policyOptions } from '@lockstep/mcp'
import { createDecisionPoint } from '@lockstep/policy'
import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'
import { UsageError } from './usage-error.ts'

/** The options of both `lockstep rls` commands. */
export const FLOOR_OPTIONS = {
  config: CONFIG_OPTION,
  role: { type: 'string' },
  writer: { type: 'string' },
  owner: { type: 'string' },
  exempt: { type: 'string', multiple: true },
  schema: { type: 'string' },
  'partial-columns': { type: 'string' },
} as const

/** Their lines in a help text. */
export const FLOOR_HELP = [
  ['--role <name>', "the application's login (default: the configured `floor.role`)"],
  ['--writer <name>', 'the login that writes down calls (default: `floor.writerRole`, else lockstep_writer)'],
  ['--owner <name>', "owns the floor's objects, logs in nowhere (default: `floor.owner`, else the name of the schema)"],
  [
    '--exempt <name>',
    'a role whose rows stay as its grants say; can be repeated, and adds to `floor.exempt` and `database.as`',
  ],
  ['--schema <name>', "the schema of the floor's objects (default: `floor.schema`, else lockstep_floor)"],
  ['--partial-columns <how>', 'withhold or grant columns that are read in some rows or as a mask (default: withhold)'],
  CONFIG_HELP,
] as const

/** A floor as it is to be laid. */
export interface PlannedFloor {
  readonly plan: FloorPlan
  readonly roles: NamedRoles
  readonly schema: string
}

/** What of a command line says how a floor is to be laid. */
export interface FloorArguments {
  readonly config?: string | undefined
  readonly role?: string | undefined
  readonly writer?: string | undefined
  readonly owner?: string | undefined
  readonly exempt?: string[] | undefined
  readonly schema?: string | undefined
  readonly 'partial-columns'?: string | undefined
}

/**
 * Plans the floor that the configuration and the command line describe. No database is asked.
 *
 * Rejects with `UsageError`, and with `LockstepError` for policies that have no exact form.
 */
export async function openFloorPlan(values: FloorArguments): Promise<PlannedFloor> {
  const { configuration, folder } = await loadConfiguration(values.config)
  const { floor, database, tables = {}, policyActors } = configuration
  const role = values.role ?? floor?.role
  if (role === undefined) throw new UsageError('--role is missing')
  if (Object.keys(tables).length === 0) {
    throw new UsageError('no table is mapped; `lockstep tables scaffold` writes a mapping')
  }
  const partialColumns = values['partial-columns'] ?? floor?.partialColumns
  if (partialColumns !== undefined && partialColumns !== 'withhold' && partialColumns !== 'grant') {
    throw new UsageError('`--partial-columns` is `withhold` or `grant`')
  }
  const schema = values.schema ?? floor?.schema ?? FLOOR_SCHEMA
  const reader = database?.as === undefined ? [] : [database.as]
  const exempt = [...(floor?.exempt ?? []), ...(values.exempt ?? []), ...reader]
  const roles = nameRoles(
    { role, writer: values.writer ?? floor?.writerRole, owner: values.owner ?? floor?.owner, exempt },
    schema,
  )
  const all = [roles.role, roles.writer, roles.owner]
  if (new Set(all).size < all.length || exempt.includes(role)) {
    throw new UsageError(
      'the application, what writes down calls and the owner are three roles, and none of them is exempt',
    )
  }
  await loadParser()
  const point = createDecisionPoint({
    folder: resolve(folder, configuration.policies ?? './policies'),
    ...policyOptions(configuration),
    actors: policyActors,
  })
  return { plan: planConfiguredFloor(configuration, point, { schema, partialColumns }), roles, schema }
}
