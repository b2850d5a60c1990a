import { LockstepError } from '@lockstep/core'

/**
 * Throws LockstepError `agent.redirected` for an answer that redirects, of a request that was sent with `redirect: 'manual'`. A redirect
 * would carry tokens to where nobody meant them to go, and a proof is for one URL.
 */
export async function refuseRedirect({ type, status, headers, body }: Response): Promise<void> {
  if (type !== 'opaqueredirect' && !(status >= 300 && status < 400 && headers.has('location'))) return
  await body?.cancel()
  throw new LockstepError('agent.redirected')
}
