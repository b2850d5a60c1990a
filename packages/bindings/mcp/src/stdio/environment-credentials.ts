import { authorizationHeaders, type DividedMessage } from './message-headers.ts'

const ACCESS_TOKEN = 'LOCKSTEP_ACCESS_TOKEN'
const PROOF = 'LOCKSTEP_DPOP_PROOF'

/** As many starts as one environment is good for. */
const MOST_STARTS = 4

/** Where a process finds its environment. */
export type Environment = Record<string, string | undefined>

/**
 * Takes the credentials of a connection out of the environment that the client launched the process with (`LOCKSTEP_ACCESS_TOKEN`, and
 * `LOCKSTEP_DPOP_PROOF` for a token that is bound to a key): the headers that they would be sent in, or `undefined` where there are none. There may
 * be several proofs, one for each start of the process, and then there are several such heads, of which the first that was not used counts.
 *
 * INVARIANT: they are gone from the environment then, so that no child process and no handler finds them there.
 */
export function takeEnvironmentCredentials(
  environment: Environment,
): readonly DividedMessage['credentials'][] | undefined {
  const { [ACCESS_TOKEN]: accessToken, [PROOF]: proofs } = environment
  delete environment[ACCESS_TOKEN]
  delete environment[PROOF]
  if (accessToken === undefined && proofs === undefined) return undefined
  const token = accessToken ?? ''
  if (proofs === undefined) return [authorizationHeaders(token)]
  return proofs.split(' ', MOST_STARTS).map((proof) => authorizationHeaders(token, proof))
}
