import { authorizationHeaders, type DividedMessage } from './message-headers.ts'

const ACCESS_TOKEN = 'LOCKSTEP_ACCESS_TOKEN'
const PROOF = 'LOCKSTEP_DPOP_PROOF'

/** Where a process finds its environment. */
export type Environment = Record<string, string | undefined>

/**
 * Takes the credentials of a connection out of the environment that the client launched the process with (`LOCKSTEP_ACCESS_TOKEN`, and
 * `LOCKSTEP_DPOP_PROOF` for a token that is bound to a key): the headers that they would be sent in, or `undefined` where there are none.
 *
 * INVARIANT: they are gone from the environment then, so that no child process and no handler finds them there.
 */
export function takeEnvironmentCredentials(environment: Environment): DividedMessage['credentials'] | undefined {
  const { [ACCESS_TOKEN]: accessToken, [PROOF]: proof } = environment
  delete environment[ACCESS_TOKEN]
  delete environment[PROOF]
  if (accessToken === undefined && proof === undefined) return undefined
  return authorizationHeaders(accessToken ?? '', proof)
}
