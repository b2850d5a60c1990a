import type { Outcome } from '@lockstep/core'
import type { Mediation, Mediator } from '@lockstep/gateway'
import { connectionCertificate } from './connection-certificate.ts'
import type { GuardedRequest } from './create-http-guard.ts'

/**
 * The gateway of the trust domain that sends a request on behalf of somebody, known by the certificate of the connection; undefined where
 * it is nobody's. A request with credentials of its own is never mediated: it is judged on them.
 */
export function mediatorOf(mediation: Mediation, request: GuardedRequest): Outcome<Mediator | undefined> {
  if (request.headers.authorization !== undefined || request.headers.dpop !== undefined) return NOBODY
  return mediation.mediator(connectionCertificate(request.socket))
}

const NOBODY = { ok: true, value: undefined } as const
