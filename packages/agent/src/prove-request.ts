import type { Clock } from '@lockstep/core'
import { type ProofKey, signProof } from '@lockstep/tokens'
import { readChallenges } from './challenge.ts'
import type { NonceBook } from './nonce-book.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import { refuseRedirect } from './refuse-redirect.ts'

/** Milliseconds until the head of an answer must be there, unless somebody says otherwise. */
export const ANSWER_WITHIN = 60_000

/** What requests are proved with. */
export interface ProofParts {
  readonly key: ProofKey
  readonly nonces: NonceBook
  readonly send: typeof fetch
  readonly clock: Clock
  /** Milliseconds until the head of an answer must be there. */
  readonly timeout: number
}

/**
 * Sends one request with the access token under the DPoP scheme and a fresh proof (RFC 9449 section 7), and once more, with another proof,
 * when the server demands a nonce (section 9) and the body can be sent again. Throws LockstepError `agent.redirected`; rejects as `fetch`
 * does, and with a `TimeoutError`.
 *
 * INVARIANT: a proof is sent once, and a redirect is never followed: a proof is for one URL.
 */
export async function proveRequest(
  parts: ProofParts,
  request: OutgoingRequest,
  accessToken: string,
  beside: Readonly<Record<string, string>>,
): Promise<Response> {
  const response = await sendOnce(parts, request, accessToken, beside)
  if (!demandsNonce(response) || !request.repeatable) return response
  await response.body?.cancel()
  return sendOnce(parts, request, accessToken, beside)
}

async function sendOnce(
  { key, nonces, send, clock, timeout }: ProofParts,
  { url, method, headers, init, signal }: OutgoingRequest,
  accessToken: string,
  beside: Readonly<Record<string, string>>,
): Promise<Response> {
  signal?.throwIfAborted()
  const proved = new Headers(headers)
  for (const [name, value] of Object.entries(beside)) proved.set(name, value)
  proved.set('authorization', `DPoP ${accessToken}`)
  const nonce = nonces.nonceFor(url)
  proved.set('dpop', await signProof(key, { method, url, accessToken, nonce, clock }))

  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new DOMException('no answer in time', 'TimeoutError')), timeout)
  try {
    const response = await send(url, {
      ...init,
      method,
      headers: proved,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    })
    nonces.learn(url, response)
    await refuseRedirect(response)
    return response
  } finally {
    // The head is there, or never will be. How long a stream then takes is between its reader and its writer.
    clearTimeout(timer)
  }
}

/** Whether a resource server refused a request only because it wants its nonce in the proof. */
function demandsNonce({ status, headers }: Response): boolean {
  if (status !== 401 || !headers.has('dpop-nonce')) return false
  return readChallenges(headers).some(
    ({ scheme, parameters }) => scheme === 'dpop' && parameters.get('error') === 'use_dpop_nonce',
  )
}
