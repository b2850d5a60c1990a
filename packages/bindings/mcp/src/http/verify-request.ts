import { type ErrorCode, isLockstepError, type Outcome } from '@lockstep/core'
import type { Gateway, GatewayRequest, VerifiedRequest } from '@lockstep/gateway'
import { connectionCertificate } from './connection-certificate.ts'
import type { GuardedRequest } from './create-http-guard.ts'
import { headerPairs } from './read-request.ts'

/** What verifying a request needs. */
export interface VerifyRequestParts {
  readonly gateway: Pick<Gateway, 'verify'>
  /** The URL of the guarded endpoint; its origin is what proofs are compared with, never the `Host` header. */
  readonly resource: URL
}

/** The URL of a request as it was sent; Express changes `url` where it mounts. */
export function targetOf(request: GuardedRequest): string {
  return request.originalUrl ?? request.url ?? '/'
}

/** Asks the gateway who sent a request, by its head alone. Never rejects, and uses nothing up. */
export function verifyRequest(
  { gateway, resource }: VerifyRequestParts,
  request: GuardedRequest,
  trace: string,
): Promise<Outcome<VerifiedRequest>> {
  const target = targetOf(request)
  return ask(gateway, {
    method: request.method ?? '',
    // attacker-controlled: an absolute-form target or a Host header must not choose what proofs are compared with. Joined as text:
    // resolving `/\other.example` would change the host, and some targets cannot be resolved at all.
    url: resource.origin + (target.startsWith('/') ? target.replace(/^\/+/, '/') : '/'),
    headers: headerPairs(request),
    certificate: connectionCertificate(request.socket),
    trace,
  })
}

/** Asks the gateway who sent a message of a transport that is not HTTP: as if it had come in a POST to the resource with these headers. */
export function verifyHeaders(
  { gateway, resource }: VerifyRequestParts,
  headers: GatewayRequest['headers'],
  trace: string,
): Promise<Outcome<VerifiedRequest>> {
  return ask(gateway, { method: 'POST', url: resource.href, headers, trace })
}

async function ask(gateway: VerifyRequestParts['gateway'], request: GatewayRequest): Promise<Outcome<VerifiedRequest>> {
  try {
    return await gateway.verify(request)
  } catch (error) {
    const code: ErrorCode = isLockstepError(error) ? error.code : 'state.unavailable'
    return { ok: false, denial: { code } }
  }
}
