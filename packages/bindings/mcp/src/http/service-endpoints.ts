import type { IncomingMessage } from 'node:http'
import {
  type AuditEvent,
  type AuditSink,
  type Caller,
  CODES,
  type Denial,
  type ErrorCode,
  isLockstepError,
  type JsonObject,
  type RelationshipSource,
} from '@lockstep/core'
import { type Approvals, type TransactionTokenService, TXN_TOKEN_URN } from '@lockstep/invocation'
import type { Answer } from '../answer.ts'
import { describeDenial } from '../describe-denial.ts'
import { APPROVALS_PATH, type AskApprovals, createApprovalEndpoints, servesApprovals } from './approval-endpoints.ts'
import { collectBody } from './read-body.ts'
import { accessTokenOf } from './read-request.ts'
import type { Unread } from './unread.ts'

/** Where Lockstep's own endpoints are, beside the guarded MCP endpoint. */
export const SERVICE_PATHS = {
  /** The transaction token service (RFC 8693). */
  token: '/.lockstep/token',
  /** The public keys of transaction tokens and capabilities. */
  jwks: '/.lockstep/jwks',
  /** Requests for consent: `GET` lists them; below it, `GET` shows one and `POST` answers it. */
  approvals: APPROVALS_PATH,
  /** `POST` tells a security event (RFC 8935). */
  events: '/.lockstep/events',
} as const

const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/** What the endpoints are made of. */
export interface ServiceEndpointsParts {
  /** Absent where another instance issues the transaction tokens. */
  readonly tokens: TransactionTokenService | undefined
  /** Absent when the configuration names no approvers: then there is nothing to consent to. */
  readonly approvals: Approvals | undefined
  readonly relationships: RelationshipSource
  readonly audit: AuditSink
  readonly deny: (denial: Denial) => Answer
  readonly bodyBytes: number
}

/** A request to one of the endpoints, of a verified sender, or why it is none. */
export type ServiceRequest =
  | {
      readonly ok: true
      /** Answers it to the caller who was admitted with it. Rejects with LockstepError when a port is down. */
      readonly answer: (caller: Caller) => Promise<Answer>
    }
  | Unread

/** What a gateway of the trust domain was sent, and hands on. */
export interface SubjectToken {
  readonly token: string
  /** A transaction token, to be replaced; else it is taken for an access token. */
  readonly isTransaction: boolean
}

/** A request of a gateway for a transaction token, read, or why it is none. */
export type MediatedRequest =
  | {
      readonly ok: true
      readonly subject: SubjectToken
      /** Answers it, for the caller of the subject token. Rejects with LockstepError when a port is down. */
      readonly answer: (caller: Caller, mediator: string) => Promise<Answer>
    }
  | Unread

/** Lockstep's own endpoints behind the gateway. */
export interface ServiceEndpoints {
  readonly serves: (path: string) => boolean
  /** Reads a request whose sender was verified, as far as it can be judged without asking anybody. Never rejects, and has no effect. */
  read(request: IncomingMessage, path: string): Promise<ServiceRequest>
  /** Asks the approvals for a person on one of our pages. Undefined for a method that they do not have; rejects as an answer does. */
  askInPerson(method: string, path: string, caller: Caller): Promise<Answer | undefined>
  /** Reads the request for a token of a gateway that is known by its certificate. Never rejects, and has no effect. */
  readMediated(request: IncomingMessage): Promise<MediatedRequest>
}

/** Creates the endpoints. */
export function createServiceEndpoints(parts: ServiceEndpointsParts): ServiceEndpoints {
  const { tokens, approvals, relationships, audit, deny } = parts

  const record = (
    caller: Caller,
    outcome: AuditEvent['outcome'],
    detail: JsonObject,
    code?: ErrorCode,
    denial?: Denial,
  ) => {
    const { detail: decided, ...policies } = denial ? describeDenial(denial) : {}
    return audit.append({
      trace: caller.trace,
      step: 'invocation',
      outcome,
      subject: caller.subject.id,
      actor: caller.actor.id,
      ...(code ? { code } : {}),
      ...(denial?.decidedOn ? { tool: denial.decidedOn.tool } : {}),
      ...policies,
      detail: { ...decided, ...detail },
    })
  }

  const exchange = async (
    tokens: TransactionTokenService,
    parameters: URLSearchParams,
    admittedWith: string,
    caller: Caller,
    mediator?: string,
  ): Promise<Answer> => {
    const facts = await relationships.load(caller)
    const answer = await tokens.exchange({ parameters, caller, admittedWith, facts, mediator })
    if (answer.ok) {
      const { transaction, id } = answer.token
      await record(caller, 'permitted', {
        issued: id,
        ...(mediator === undefined ? {} : { mediator }),
        tool: transaction.tool,
        digests: {
          arguments: transaction.argumentsDigest,
          ...(transaction.resourceDigest ? { resource: transaction.resourceDigest } : {}),
        },
      })
      return answer
    }
    const { denial } = answer
    await record(caller, 'denied', { issued: false }, denial?.code, denial)
    if (!denial?.unlock) return answer
    // The challenge says what would help; the body stays that of the token endpoint.
    const { status, headers, body: refusal } = deny(denial)
    return { status, headers: { ...answer.headers, ...headers }, body: { ...answer.body, ...unlockOf(refusal) } }
  }

  const askApprovals = createApprovalEndpoints({ approvals, relationships })
  const askInPerson = createApprovalEndpoints({ approvals, relationships, inPerson: true })
  const consent = async (ask: AskApprovals, caller: Caller): Promise<Answer> => {
    const asked = await ask(caller)
    if (asked.ok) {
      await record(caller, 'permitted', asked.detail)
      return asked.answer
    }
    await record(caller, 'denied', asked.detail, asked.denial.code)
    return deny(asked.denial)
  }

  const recordFailure = async (caller: Caller, work: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await work()
    } catch (error) {
      const code = isLockstepError(error) ? error.code : 'invocation.handler-failed'
      await record(caller, 'failed', {}, code).catch(() => undefined)
      throw error
    }
  }
  const answering = (work: (caller: Caller) => Promise<Answer>): ServiceRequest => ({
    ok: true,
    answer: (caller) => recordFailure(caller, () => work(caller)),
  })

  return {
    serves: (path) => (path === SERVICE_PATHS.token && tokens !== undefined) || servesApprovals(path),
    async read(request, path) {
      if (tokens && path === SERVICE_PATHS.token) {
        const form = await readForm(request, parts.bodyBytes)
        return 'code' in form
          ? refuseForm(form)
          : answering((caller) => exchange(tokens, form, accessTokenOf(request), caller))
      }
      const ask = askApprovals(request.method ?? '', path)
      if (!ask) return { ok: false, denial: { code: 'discovery.method-unsupported' } }
      return answering((caller) => consent(ask, caller))
    },
    async askInPerson(method, path, caller) {
      const ask = askInPerson(method, path)
      return ask && recordFailure(caller, () => consent(ask, caller))
    },
    async readMediated(request) {
      if (!tokens) return refuseForm({ code: 'gateway.path-unknown', says: CODES['gateway.path-unknown'].says })
      const form = await readForm(request, parts.bodyBytes)
      if ('code' in form) return refuseForm(form)
      const [token, ...more] = form.getAll('subject_token')
      const [type, ...types] = form.getAll('subject_token_type')
      if (!token || more.length > 0 || types.length > 0) {
        return refuseForm({ code: 'gateway.body-malformed', says: '`subject_token` is missing or was sent twice' })
      }
      return {
        ok: true,
        subject: { token, isTransaction: type === TXN_TOKEN_URN },
        answer: (caller, mediator) => recordFailure(caller, () => exchange(tokens, form, token, caller, mediator)),
      }
    },
  }
}

/** Why something is no form. */
interface NoForm {
  readonly code: ErrorCode
  readonly says: string
}

/** Reads the parameters of a token endpoint. Never rejects. */
async function readForm(request: IncomingMessage, bodyBytes: number): Promise<URLSearchParams | NoForm> {
  // RFC 6749 section 3.2: what asks for a token is never a request that a cache or a link may repeat.
  if (request.method !== 'POST') {
    return { code: 'gateway.method-unsupported', says: 'a token is asked for by POST' }
  }
  if (!FORM.test(request.headers['content-type'] ?? '')) {
    return { code: 'gateway.content-type', says: 'the parameters are not sent as a form' }
  }
  try {
    const body = await collectBody(request, bodyBytes)
    if (body) return new URLSearchParams(body.toString('utf8'))
    return { code: 'gateway.body-too-large', says: CODES['gateway.body-too-large'].says }
  } catch {
    return { code: 'gateway.body-malformed', says: CODES['gateway.body-malformed'].says }
  }
}

/** Refuses what is no request to a token endpoint, in its form of an answer (RFC 6749 section 5.2). */
function refuseForm({ code, says }: NoForm): Unread {
  const body = { error: 'invalid_request', error_description: says, code }
  return {
    ok: false,
    denial: { code },
    answer: { status: CODES[code].status, headers: { 'cache-control': 'no-store' }, body },
  }
}

function unlockOf(refusal: JsonObject): JsonObject {
  const data = (refusal.error as JsonObject | undefined)?.data as JsonObject | undefined
  return data?.unlock ? { unlock: data.unlock } : {}
}
