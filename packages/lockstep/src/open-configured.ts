import { createLockstep, type Lockstep, loadConfiguration } from '@lockstep/mcp'

/** The option that names the configuration file. */
export const CONFIG_OPTION = { type: 'string' } as const

/** Its line in a help text. */
export const CONFIG_HELP = [
  '--config <file>',
  'the configuration (default: the nearest `lockstep.config.*` from here upward)',
] as const

/**
 * Opens what the configuration describes, the way the server does, beside a server that may be running: the policies, the tables and the
 * sources are the configured ones; the state is in memory and nothing is recorded, so the server's own state stays untouched.
 *
 * Rejects with `LockstepError` as the server's start does.
 *
 * @param policies a folder in the place of the configured one
 */
export async function openConfigured(config: string | undefined, policies?: string): Promise<Lockstep> {
  const { configuration, folder } = await loadConfiguration(config)
  const { audit: _, ...rest } = configuration
  return createLockstep({ ...rest, state: 'memory', ...(policies === undefined ? {} : { policies }) }, { folder })
}
