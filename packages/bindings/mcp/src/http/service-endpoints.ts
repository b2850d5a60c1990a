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
  type Outcome,
  type RelationshipSource,
} from '@lockstep/core'
import type { Approvals, TransactionTokenService } from '@lockstep/invocation'
import type { Answer } from '../answer.ts'
import { collectBody } from './read-body.ts'

/** Where Lockstep's own endpoints are, beside the guarded MCP endpoint. */
export const SERVICE_PATHS = {
  /** The transaction token service (RFC 8693). */
  token: '/.lockstep/token',
  /** The public keys of transaction tokens and capabilities. */
  jwks: '/.lockstep/jwks',
  /** `POST` consents to one waiting request: `/.lockstep/approvals/<id>`. */
  approvals: '/.lockstep/approvals/',
} as const

const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i
const APPROVAL_ID = /^[A-Za-z0-9_-]{32}$/

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

/** A request to one of the endpoints, admitted by the gateway. */
export interface ServiceRequest {
  readonly request: IncomingMessage
  readonly path: string
  readonly caller: Caller
  readonly accessToken: string
}

/** Lockstep's own endpoints behind the gateway. */
export interface ServiceEndpoints {
  readonly serves: (path: string) => boolean
  /** Answers one admitted request. Rejects with LockstepError when a port is down. */
  answer(request: ServiceRequest): Promise<Answer>
}

/** Creates the endpoints. */
export function createServiceEndpoints(parts: ServiceEndpointsParts): ServiceEndpoints {
  const { tokens, approvals, relationships, audit, deny } = parts

  const record = (caller: Caller, outcome: AuditEvent['outcome'], detail: JsonObject, code?: ErrorCode) =>
    audit.append({
      trace: caller.trace,
      step: 'invocation',
      outcome,
      subject: caller.subject.id,
      actor: caller.actor.id,
      ...(code ? { code } : {}),
      detail,
    })

  /** Refuses what is no request to a token endpoint, in its form of an answer (RFC 6749 section 5.2). */
  const refuseForm = async (caller: Caller, code: ErrorCode, says: string): Promise<Answer> => {
    await record(caller, 'denied', { issued: false }, code)
    const body = { error: 'invalid_request', error_description: says, code }
    return { status: CODES[code].status, headers: { 'cache-control': 'no-store' }, body }
  }

  const exchange = async (
    tokens: TransactionTokenService,
    { request, caller, accessToken }: ServiceRequest,
  ): Promise<Answer> => {
    // RFC 6749 section 3.2: what asks for a token is never a request that a cache or a link may repeat.
    if (request.method !== 'POST')
      return refuseForm(caller, 'gateway.method-unsupported', 'a token is asked for by POST')
    if (!FORM.test(request.headers['content-type'] ?? '')) {
      return refuseForm(caller, 'gateway.content-type', 'the parameters are not sent as a form')
    }
    const body = await collectBody(request, parts.bodyBytes)
    if (!body) return refuseForm(caller, 'gateway.body-too-large', CODES['gateway.body-too-large'].says)
    const parameters = new URLSearchParams(body.toString('utf8'))
    const facts = await relationships.load(caller)
    const answer = await tokens.exchange({ parameters, caller, accessToken, facts })
    if (answer.ok) {
      const { transaction, id } = answer.token
      await record(caller, 'permitted', {
        issued: id,
        tool: transaction.tool,
        digests: {
          arguments: transaction.argumentsDigest,
          ...(transaction.resourceDigest ? { resource: transaction.resourceDigest } : {}),
        },
      })
      return answer
    }
    const { denial } = answer
    await record(caller, 'denied', { issued: false }, denial?.code)
    if (!denial?.unlock) return answer
    // The challenge says what would help; the body stays that of the token endpoint.
    const { status, headers, body: refusal } = deny(denial)
    return { status, headers: { ...answer.headers, ...headers }, body: { ...answer.body, ...unlockOf(refusal) } }
  }

  const approve = async (request: IncomingMessage, caller: Caller, id: string): Promise<Outcome<unknown>> => {
    if (request.method !== 'POST') return { ok: false, denial: { code: 'discovery.method-unsupported' } }
    // A token with details may do what they cover, and they cover calls: nobody lends it their consent.
    if (caller.authorizationDetails) return { ok: false, denial: { code: 'invocation.details-insufficient' } }
    if (!approvals) return { ok: false, denial: { code: 'invocation.approval-invalid' } }
    return approvals.approve(caller, await relationships.load(caller), id)
  }

  const consent = async ({ request, path, caller }: ServiceRequest): Promise<Answer> => {
    const id = path.slice(SERVICE_PATHS.approvals.length)
    const outcome = await approve(request, caller, id)
    if (!outcome.ok) {
      // attacker-controlled: what is no id of ours, perhaps a token in the wrong place, is not recorded.
      await record(caller, 'denied', APPROVAL_ID.test(id) ? { approval: id } : {}, outcome.denial.code)
      return deny(outcome.denial)
    }
    await record(caller, 'permitted', { approval: id })
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: { id, state: 'approved' } }
  }

  return {
    serves: (path) =>
      (path === SERVICE_PATHS.token && tokens !== undefined) || path.startsWith(SERVICE_PATHS.approvals),
    async answer(request) {
      try {
        return await (tokens && request.path === SERVICE_PATHS.token ? exchange(tokens, request) : consent(request))
      } catch (error) {
        const code = isLockstepError(error) ? error.code : 'invocation.handler-failed'
        await record(request.caller, 'failed', {}, code).catch(() => undefined)
        throw error
      }
    },
  }
}

function unlockOf(refusal: JsonObject): JsonObject {
  const data = (refusal.error as JsonObject | undefined)?.data as JsonObject | undefined
  return data?.unlock ? { unlock: data.unlock } : {}
}
