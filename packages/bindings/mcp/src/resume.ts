import {
  type AuditSink,
  type AuthorizedCall,
  CODES,
  type Denial,
  type ErrorCode,
  isJsonObject,
  isLockstepError,
  type JsonObject,
  LockstepError,
  type Outcome,
} from '@lockstep/core'
import type { Gateway, Mediator, VerifiedRequest } from '@lockstep/gateway'
import type { TxnToken } from '@lockstep/tokens'
import type { Answer } from './answer.ts'
import type { ExchangeContext } from './exchange.ts'
import { admitVerified, recordAdmitted } from './http/admit-verified.ts'
import { checkHead } from './http/check-head.ts'
import type { GuardedRequest } from './http/create-http-guard.ts'
import { mediatorOf } from './http/mediator-of.ts'
import { readTrace, sentHeaders } from './http/read-request.ts'
import { type VerifyRequestParts, verifyRequest } from './http/verify-request.ts'
import { readMessage } from './message.ts'
import type { Inbound, Pipeline } from './pipeline.ts'
import { readPresented } from './presented.ts'
import type { OpenExchanges, Passage } from './revocation/open-exchanges.ts'
import { recordEnd } from './revocation/record-end.ts'
import type { RestsOnOf } from './revocation/rests-on.ts'

/** The call that a request to a tool service is for. */
export interface ResumableCall {
  readonly tool: string
  /** As they came over the wire: the transaction token binds their canonical form. */
  readonly arguments: JsonObject
}

/** What came of a resumed call: what may leave, or how it is refused. */
export type ResumedCall =
  | {
      readonly ok: true
      readonly result: JsonObject
      /** Headers that the answer carries: the next nonce of proofs, where one is due. */
      readonly headers: Answer['headers']
    }
  | {
      readonly ok: false
      readonly code: ErrorCode
      /** The refusal as HTTP: status, headers with the challenge that belongs to it, and a JSON body `{ error, error_description, fix }`. */
      readonly answer: Answer
    }

/**
 * Rebuilds the authorized call on another service than the one that it was agreed with, from evidence alone: the request's access token
 * and proof, its `Txn-Token`, and the arguments. All of it is verified here and held together, the policy is asked again, the token is
 * used up, and only then `handle` runs, inside the call, so that guarded clients work. What it returns is released as the tool's
 * `structuredContent` would be.
 *
 * A refusal is a value with its code, and uses nothing up. Rejects with nothing: what `handle` throws is recorded and answered as
 * `invocation.handler-failed`, or as its own code where it has one.
 */
export type Resume = (
  request: GuardedRequest,
  call: ResumableCall,
  handle: (call: AuthorizedCall) => Promise<JsonObject> | JsonObject,
) => Promise<ResumedCall>

/** What resuming needs. */
export interface ResumeParts extends VerifyRequestParts {
  readonly gateway: Pick<Gateway, 'verify' | 'answerHeaders' | 'standingOf' | 'mediation'>
  /** Verifies a transaction token that a gateway of the trust domain presents. */
  readonly verifyTransaction: (jwt: string) => Promise<Outcome<TxnToken>>
  readonly exchanges: OpenExchanges
  readonly restsOn: RestsOnOf
  readonly audit: AuditSink
  /** Enforces every layer, and demands a transaction token for every tool. */
  readonly pipeline: Pipeline
  readonly context: ExchangeContext
  readonly deny: (denial: Denial, id: null) => Answer
  /** Allowed values of `Origin`; a request without one is not from a browser. */
  readonly origins: readonly string[]
  /** Bytes of the head of a request. */
  readonly headerBytes: number
  /** How long a handler may take, in milliseconds. */
  readonly callMs: number
}

type Forwarded = Extract<Inbound, { kind: 'forward' }>

/** Creates `resume` of one instance. The same pipeline as for MCP messages decides: this is another door to it. */
export function createResume(parts: ResumeParts): Resume {
  const { pipeline, gateway, context, callMs } = parts
  const refuse = (denial: Denial): ResumedCall => read(parts.deny(denial, null))

  const record = async (trace: string, denial: Denial): Promise<ResumedCall> =>
    parts.audit.append({ trace, step: 'gateway', outcome: 'denied', code: denial.code }).then(
      () => refuse(denial),
      () => refuse({ code: 'audit.unavailable' }),
    )

  const run = async (
    inbound: Forwarded,
    call: AuthorizedCall,
    passage: Passage,
    handle: Parameters<Resume>[2],
  ): Promise<ResumedCall> => {
    const { exchange } = inbound
    const id = inbound.message?.id ?? null
    let ended: ErrorCode | undefined
    let stop: (why: Error) => void = () => undefined
    const stopped = new Promise<never>((_, reject) => {
      stop = reject
    })
    stopped.catch(() => undefined)
    const leave = passage.open(parts.restsOn(exchange, gateway.standingOf(call.caller)), (code) => {
      ended = code
      inbound.close(true)
      stop(new LockstepError(code))
    })
    try {
      const work = async () => (leave ? handle(call) : stopped)
      const running = context.run(exchange, () => within(callMs, work))
      const structuredContent = await Promise.race([running, stopped])
      const released = await inbound.release({ jsonrpc: '2.0', id, result: { structuredContent, content: [] } })
      return released
        ? read({ status: 200, headers: gateway.answerHeaders(call.caller), body: released })
        : refuse({ code: 'execution.result-unbound' })
    } catch (error) {
      if (ended === undefined) return refuse({ code: await recordFailure(inbound, error) })
      await recordEnd(parts.audit, exchange, ended)
      return refuse({ code: ended })
    } finally {
      leave?.()
      inbound.close(true)
    }
  }

  /** The caller of a token of the mediated profile: bound to the very certificate that the gateway connects with. */
  const verifyMediated = async (
    mediator: Mediator | undefined,
    jwt: string | undefined,
    trace: string,
  ): Promise<Outcome<VerifiedRequest>> => {
    if (!mediator || jwt === undefined) return { ok: false, denial: { code: 'invocation.txn-token-missing' } }
    const token = await parts.verifyTransaction(jwt)
    if (!token.ok) return token
    const { certificate, requestingWorkload } = token.value
    if (certificate !== mediator.certificate || requestingWorkload !== mediator.id) {
      return { ok: false, denial: { code: 'invocation.txn-caller-mismatch' } }
    }
    return { ok: true, value: gateway.mediation.verifyTransaction(mediator, token.value, trace) }
  }

  return async (request, { tool, arguments: given }, handle) => {
    const trace = readTrace(request)
    if (!checkHead(request, parts.headerBytes)) return record(trace, { code: 'gateway.headers-too-large' })
    const { origin } = request.headers
    if (origin !== undefined && !parts.origins.includes(origin)) return record(trace, { code: 'gateway.origin' })
    const mediator = mediatorOf(gateway.mediation, request)
    if (!mediator.ok) return record(trace, mediator.denial)
    const direct = mediator.value ? undefined : await verifyRequest(parts, request, trace)
    if (direct && !direct.ok) return record(trace, direct.denial)
    // Headers that mirror an MCP message mirror nothing here.
    const presented = readPresented(sentHeaders(request), undefined)
    if (!presented.ok) return record(trace, presented.denial)
    const verified = direct ?? (await verifyMediated(mediator.value, presented.value.txnToken, trace))
    if (!verified.ok) return record(trace, verified.denial)
    const params = { name: tool, arguments: given }
    const message = readMessage({ jsonrpc: '2.0', id: 0, method: 'tools/call', params })
    if (!message) return record(trace, { code: 'invocation.arguments-invalid' })

    const passage = parts.exchanges.enter()
    const admitted = await admitVerified(verified.value)
    if (!admitted.ok) return record(trace, admitted.denial)
    if (!(await recordAdmitted(parts.audit, admitted.value))) return refuse({ code: 'audit.unavailable' })
    const inbound = await pipeline.receive(admitted.value, message, presented.value)
    if (inbound.kind === 'answer') return read(inbound.answer)
    // INVARIANT: no handler runs without an authorized call that is enforced.
    const { call, mode } = inbound.kind === 'forward' ? inbound.exchange : {}
    if (inbound.kind !== 'forward' || !call || mode !== 'enforce') return refuse({ code: 'invocation.unguarded' })
    return run(inbound, call, passage, handle)
  }
}

/** Records that a handler failed, or that nobody knows. Resolves to the code of the answer: where the record itself fails, that is it. */
async function recordFailure(inbound: Forwarded, error: unknown): Promise<ErrorCode> {
  const code = isLockstepError(error) ? error.code : 'invocation.handler-failed'
  const id = inbound.message?.id ?? null
  try {
    if (code === 'invocation.timed-out') await inbound.unanswered()
    else await inbound.release({ jsonrpc: '2.0', id, error: { code: -32603 } })
    return code
  } catch {
    return 'audit.unavailable'
  }
}

/** Ends the wait for a handler that does not end: what becomes of it is not known then. */
async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LockstepError('invocation.timed-out')), milliseconds)
  })
  try {
    return await Promise.race([work(), over])
  } finally {
    clearTimeout(timer)
  }
}

/** A JSON-RPC answer as that of a plain HTTP service. */
function read({ status, headers, body }: Answer): ResumedCall {
  const { result, error } = body
  if (isJsonObject(result)) {
    const { structuredContent } = result
    return { ok: true, result: isJsonObject(structuredContent) ? structuredContent : {}, headers }
  }
  const { message = '', data } = isJsonObject(error) ? error : {}
  const { code, ...more } = isJsonObject(data) ? data : {}
  const known = isCode(code) ? code : 'invocation.handler-failed'
  // JSON-RPC says with 200 what plain HTTP says with its status.
  return {
    ok: false,
    code: known,
    answer: {
      status: status === 200 ? (PLAIN[known] ?? 500) : status,
      headers,
      body: { error: known, error_description: message, ...more },
    },
  }
}

const PLAIN: Partial<Record<ErrorCode, number>> = { 'discovery.tool-unknown': 404, 'invocation.arguments-invalid': 400 }

function isCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(CODES, code)
}
