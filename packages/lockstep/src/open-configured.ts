import { resolve } from 'node:path'
import { type AuditSink, LockstepError, type RelationshipSource } from '@lockstep/core'
import { createLockstep, type Lockstep, type LockstepConfiguration, loadConfiguration } from '@lockstep/mcp'
import { withoutDatabase } from './without-database.ts'

/** The option that names the configuration file. */
export const CONFIG_OPTION = { type: 'string' } as const

/** Its line in a help text. */
export const CONFIG_HELP = [
  '--config <file>',
  'the configuration (default: the nearest `lockstep.config.*` from here upward)',
] as const

/** What a configuration describes, opened for a command. */
export interface Configured {
  readonly lockstep: Lockstep
  /** The folder of its policies. */
  readonly policies: string
}

/**
 * Opens what the configuration describes, the way the server does, beside a server that may be running: the policies, the tables and the
 * sources are the configured ones; a state that is not shared is the server's alone and stays untouched, and nothing is recorded.
 *
 * Rejects with `LockstepError` as the server's start does.
 *
 * @param snapshot a snapshot of the database's catalog, in the place of the database
 */
export async function openConfigured(config: string | undefined, snapshot?: string): Promise<Configured> {
  const loaded = await loadConfiguration(config)
  const { folder } = loaded
  const configuration =
    snapshot === undefined ? loaded.configuration : withoutDatabase(loaded.configuration, resolve(snapshot))
  const policies = resolve(folder, configuration.policies ?? './policies')
  return { lockstep: await open(configuration, folder, policies), policies }
}

/**
 * Opens the same configuration twice, over two policy folders: `after` is the configured one where none is named. Paths start from the working
 * folder.
 */
export async function openBoth(
  config: string | undefined,
  before: string,
  after: string | undefined,
): Promise<{ readonly before: Configured; readonly after: Configured }> {
  const { configuration, folder } = await loadConfiguration(config)
  const one = resolve(before)
  const other = after === undefined ? resolve(folder, configuration.policies ?? './policies') : resolve(after)
  const lockstep = await open(configuration, folder, one)
  try {
    const second = await open(configuration, folder, other)
    return { before: { lockstep, policies: one }, after: { lockstep: second, policies: other } }
  } catch (error) {
    await lockstep.close()
    throw error
  }
}

function open(configuration: LockstepConfiguration, folder: string, policies: string): Promise<Lockstep> {
  // Nothing is sent for anybody, so no database needs to be told who.
  const { decisions: _, floor: __, state = './.lockstep', relationships, ...rest } = configuration
  const seen = {
    ...rest,
    policies,
    audit: NOTHING_RECORDED,
    ...(relationships === undefined ? {} : { relationships }),
  }
  // A state that instances share is read as it is. One of a single process is the server's own: a new one stands in for it.
  if (typeof state !== 'string') return createLockstep({ ...seen, state }, { folder })
  const kept = relationships !== undefined && 'open' in relationships ? { relationships: KEPT_ELSEWHERE } : {}
  return createLockstep({ ...seen, ...kept, state: 'memory' }, { folder })
}

const NOTHING_RECORDED: AuditSink = { append: async () => undefined }

/** INVARIANT: relationships that only the server holds are never taken for none. */
const KEPT_ELSEWHERE: RelationshipSource = {
  load: () =>
    Promise.reject(
      new LockstepError(
        'policy.facts-unavailable',
        "the relationships are in the server's own state, which is not shared",
      ),
    ),
}
