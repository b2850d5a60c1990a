import { isLockstepError, refuseUnknownOptions } from '@lockstep/core'
import { createLockstep } from './create-lockstep.ts'
import { loadConfiguration } from './load-configuration.ts'
import type { Lockstep } from './lockstep.ts'

/** How `mcpAuth()` finds its configuration. */
export interface McpAuthOptions {
  /** Path of the configuration file. @defaultValue the nearest `lockstep.config.*` */
  readonly config?: string
}

/**
 * The Lockstep instance behind a middleware: the one given, or one made from the configuration file. A configuration that
 * does not load ends the process with one message on standard error and exit code 1: a server must not run unguarded.
 */
export function startLockstep(given: Lockstep | McpAuthOptions = {}): Promise<Lockstep> {
  if ('http' in given) return Promise.resolve(given)
  refuseUnknownOptions(given, ['config'], 'mcpAuth()')
  return loadConfiguration(given.config)
    .then(({ configuration, folder }) => createLockstep(configuration, { folder }))
    .catch((error: unknown) => {
      process.stderr.write(`${isLockstepError(error) ? `lockstep: ${error.message}` : String(error)}\n`)
      process.exit(1)
    })
}
