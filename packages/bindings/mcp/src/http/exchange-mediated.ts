import { type AuditSink, CODES, type Denial, type ErrorCode, type Outcome } from '@lockstep/core'
import type { Mediation, Mediator, VerifiedRequest } from '@lockstep/gateway'
import type { TxnToken } from '@lockstep/tokens'
import type { Answer } from '../answer.ts'
import { admitVerified, recordAdmitted } from './admit-verified.ts'
import type { GuardedRequest } from './create-http-guard.ts'
import { mediatorOf } from './mediator-of.ts'
import { SERVICE_PATHS, type ServiceEndpoints, type SubjectToken } from './service-endpoints.ts'

/** What the mediated exchange is made of. */
export interface ExchangeMediatedParts {
  readonly mediation: Mediation
  readonly service: ServiceEndpoints
  /** Verifies a transaction token that is to be replaced. */
  readonly verifyTransaction: (jwt: string) => Promise<Outcome<TxnToken>>
  readonly audit: AuditSink
  readonly deny: (denial: Denial, id: null) => Answer
}

/**
 * Answers a gateway that asks for a transaction token on behalf of a caller (the mediated profile). Undefined for a request that is none:
 * it is then judged on its own credentials. The gateway is known by the certificate of its connection; what the caller sent it is the subject
 * token. Never rejects.
 */
export type ExchangeMediated = (
  request: GuardedRequest,
  path: string,
  trace: string,
) => Promise<{ readonly answer: Answer } | undefined>

/** Creates the mediated exchange of one instance. */
export function createExchangeMediated(parts: ExchangeMediatedParts): ExchangeMediated {
  const { mediation, service, audit } = parts

  const refuse = async (trace: string, code: ErrorCode, answer: Answer) => {
    const recorded = audit.append({ trace, step: 'gateway', outcome: 'denied', code })
    return recorded.then(
      () => ({ answer }),
      () => ({ answer: parts.deny({ code: 'audit.unavailable' }, null) }),
    )
  }

  const verify = async (
    mediator: Mediator,
    subject: SubjectToken,
    trace: string,
  ): Promise<Outcome<VerifiedRequest>> => {
    if (!subject.isTransaction) return mediation.verifyToken(mediator, subject.token, trace)
    const token = await parts.verifyTransaction(subject.token)
    return token.ok ? { ok: true, value: mediation.verifyTransaction(mediator, token.value, trace) } : token
  }

  return async (request, path, trace) => {
    if (path !== SERVICE_PATHS.token || !service.serves(path)) return undefined
    const found = mediatorOf(mediation, request)
    if (!found.ok) return refuse(trace, found.denial.code, parts.deny(found.denial, null))
    const mediator = found.value
    if (!mediator) return undefined
    const read = await service.readMediated(request)
    if (!read.ok) return refuse(trace, read.denial.code, read.answer ?? parts.deny(read.denial, null))

    const verified = await verify(mediator, read.subject, trace)
    const admitted = verified.ok ? await admitVerified(verified.value) : verified
    if (!admitted.ok) return refuse(trace, admitted.denial.code, refuseSubject(admitted.denial, parts.deny))
    if (!(await recordAdmitted(audit, admitted.value))) {
      return { answer: parts.deny({ code: 'audit.unavailable' }, null) }
    }
    return {
      answer: await read
        .answer(admitted.value, mediator.id)
        .catch(() => parts.deny({ code: 'state.unavailable' }, null)),
    }
  }
}

/** The gateway itself is known: what is wrong is the subject token, and no challenge would help (RFC 8693 section 2.2.2). */
function refuseSubject(denial: Denial, deny: ExchangeMediatedParts['deny']): Answer {
  const { status, says } = CODES[denial.code]
  if (status !== 401 && status !== 403) return deny(denial, null)
  const body = { error: 'invalid_request', error_description: says, code: denial.code }
  return { status: 400, headers: { 'cache-control': 'no-store' }, body }
}
