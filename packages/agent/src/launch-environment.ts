import { type Clock, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { type ProofKey, signProof } from '@lockstep/tokens'

/** For whom a process is launched, and how often. */
export interface LaunchOptions {
  /** The key that the access token is bound to. */
  readonly key: ProofKey
  readonly accessToken: string
  /** The URL of the resource that the server is. */
  readonly resource: string | URL
  /**
   * How often the process may be started with this environment: 1 to 4. A client of the SDK 2.x that negotiates (`mode: 'auto'`) starts it
   * twice: once to ask what it speaks. @defaultValue 1
   */
  readonly starts?: number | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/**
 * The environment that a guarded stdio server is launched with for a client that knows nothing of Lockstep: the access token, and one proof for
 * each start. Make it when you launch: a proof is good for a short time and for one start, and the connection for as long as its token. Throws
 * `TypeError` for options that cannot be meant.
 */
export async function createLaunchEnvironment(options: LaunchOptions): Promise<Record<string, string>> {
  refuseUnknownOptions(options, ['key', 'accessToken', 'resource', 'starts', 'clock'], 'createLaunchEnvironment()')
  const { key, accessToken, resource, starts = 1, clock = systemClock } = options
  if (!Number.isInteger(starts) || starts < 1 || starts > 4) throw new TypeError('`starts` expected 1 to 4')
  const url = new URL(resource)
  const proofs = Array.from({ length: starts }, () => signProof(key, { method: 'POST', url, accessToken, clock }))
  return { LOCKSTEP_ACCESS_TOKEN: accessToken, LOCKSTEP_DPOP_PROOF: (await Promise.all(proofs)).join(' ') }
}
