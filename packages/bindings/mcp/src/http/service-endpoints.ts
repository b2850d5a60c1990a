import type { IncomingMessage } from 'node:http'
import type { AuditSink, Caller, Denial, JsonObject, Outcome, RelationshipSource } from '@lockstep/core'
import type { Approvals, TransactionTokenService } from '@lockstep/invocation'
import type { Answer } from '../answer.ts'
import { collectBody } from './read-body.ts'

/** Where Lockstep's own endpoints are, beside the guarded MCP endpoint. */
export const SERVICE_PATHS = {
  /** The transaction token service (RFC 8693). */
  token: '/.lockstep/token',
  /** The public keys of transaction tokens and capabilities. */
  jwks: '/.lockstep/jwks',
  /** `GET` shows and `POST` consents to one waiting request: `/.lockstep/approvals/<id>`. */
  approvals: '/.lockstep/approvals/',
} as const

/** What the endpoints are made of. */
export interface ServiceEndpointsParts {
  readonly tokens: TransactionTokenService
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

  const record = (caller: Caller, outcome: 'permitted' | 'denied', detail: JsonObject, code?: string) =>
    audit.append({
      trace: caller.trace,
      step: 'invocation',
      outcome,
      subject: caller.subject.id,
      actor: caller.actor.id,
      ...(code ? { code } : {}),
      detail,
    })

  const exchange = async ({ request, caller, accessToken }: ServiceRequest): Promise<Answer> => {
    if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) {
      return deny({ code: 'gateway.content-type' })
    }
    const body = await collectBody(request, parts.bodyBytes)
    if (!body) return deny({ code: 'gateway.body-too-large' })
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

  const consent = async ({ request, path, caller }: ServiceRequest): Promise<Answer> => {
    if (request.method !== 'POST') return deny({ code: 'discovery.method-unsupported' })
    const id = path.slice(SERVICE_PATHS.approvals.length)
    const outcome: Outcome<unknown> = approvals
      ? await approvals.approve(caller, await relationships.load(caller), id)
      : { ok: false, denial: { code: 'invocation.approval-invalid' } }
    if (!outcome.ok) {
      await record(caller, 'denied', { approval: id.slice(0, 64) }, outcome.denial.code)
      return deny(outcome.denial)
    }
    await record(caller, 'permitted', { approval: id })
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: { id, state: 'approved' } }
  }

  return {
    serves: (path) => path === SERVICE_PATHS.token || path.startsWith(SERVICE_PATHS.approvals),
    answer: (request) => (request.path === SERVICE_PATHS.token ? exchange(request) : consent(request)),
  }
}

function unlockOf(refusal: JsonObject): JsonObject {
  const data = (refusal.error as JsonObject | undefined)?.data as JsonObject | undefined
  return data?.unlock ? { unlock: data.unlock } : {}
}
