import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AuditSink,
  type Caller,
  type Denial,
  type ErrorCode,
  isLockstepError,
  type JsonObject,
  type JsonValue,
  LockstepError,
} from '@lockstep/core'
import type { Gateway } from '@lockstep/gateway'
import type { Answer, MessageId } from '../answer.ts'
import type { Completions } from '../elicitation/completions.ts'
import type { EventReceiver } from '../events/receive-events.ts'
import type { ExchangeContext } from '../exchange.ts'
import type { Pages } from '../pages/serve-pages.ts'
import type { Inbound, LayerModes, Pipeline } from '../pipeline.ts'
import { passToRelay } from '../relay/relayed-request.ts'
import type { OpenExchanges } from '../revocation/open-exchanges.ts'
import { recordEnd } from '../revocation/record-end.ts'
import type { RestsOnOf } from '../revocation/rests-on.ts'
import { admitVerified, recordAdmitted } from './admit-verified.ts'
import { checkHead } from './check-head.ts'
import type { ExchangeMediated } from './exchange-mediated.ts'
import { filterResponse } from './filter-response.ts'
import { type BodyLimits, bodyWasRead, replaceBody } from './read-body.ts'
import { readMcpRequest } from './read-mcp-request.ts'
import { readTrace } from './read-request.ts'
import { SERVICE_PATHS, type ServiceEndpoints } from './service-endpoints.ts'
import type { Unread } from './unread.ts'
import { targetOf, verifyRequest } from './verify-request.ts'

/** A Node request as frameworks hand it on; `originalUrl` is Express's URL before mounting. */
export type GuardedRequest = IncomingMessage & { body?: unknown; readonly originalUrl?: string }

/**
 * Guards one request. `next` runs what is mounted behind; it is given the parsed body, and is not called when the guard
 * answered itself. Rejects only with what `next` rejects with.
 */
export type HttpGuard = (
  request: GuardedRequest,
  response: ServerResponse,
  next: (body: JsonValue | undefined) => unknown,
) => Promise<void>

/** What the HTTP guard is made of. */
export interface HttpGuardParts {
  readonly gateway: Gateway
  readonly pipeline: Pipeline
  readonly exchanges: OpenExchanges
  readonly restsOn: RestsOnOf
  /** Lockstep's own endpoints: the transaction token service and approvals. */
  readonly service: ServiceEndpoints
  /** Pages for people, who bring no token; absent where the configuration has none. */
  readonly pages: Pages | undefined
  /** Takes security events; absent where the configuration names no transmitter. */
  readonly events: EventReceiver | undefined
  /** Answers gateways that ask for transaction tokens on behalf of others. */
  readonly exchangeMediated: ExchangeMediated
  readonly completions: Pick<Completions, 'listen'>
  readonly jwks: () => Promise<{ readonly keys: readonly object[] }>
  readonly context: ExchangeContext
  readonly audit: AuditSink
  readonly modes: LayerModes
  readonly publicPaths: readonly string[]
  /** Allowed values of `Origin`; a request without one is not from a browser. */
  readonly origins: readonly string[]
  readonly limits: BodyLimits & { readonly headerBytes: number; readonly answerBytes: number; readonly callMs: number }
  /** The URL of the guarded MCP endpoint; its origin is what proofs are compared with, never the `Host` header. */
  readonly resource: URL
  readonly deny: (denial: Denial, id: MessageId) => Answer
}

/** Keys are published for a whole period before they sign. */
const JWKS_CACHE = 'max-age=300'

/** Creates the guard that the framework bindings are thin over. */
export function createHttpGuard(parts: HttpGuardParts): HttpGuard {
  const metadataPaths = new Set(parts.gateway.metadataPaths)
  const publicPaths = new Set(parts.publicPaths)

  return async (request, response, next) => {
    const path = targetOf(request).split('?', 1)[0] ?? '/'
    if (metadataPaths.has(path) && (request.method === 'GET' || request.method === 'HEAD')) {
      const { document, maxAge } = parts.gateway.resourceMetadata()
      // Koa begins every answer as a 404.
      response.statusCode = 200
      response.setHeader('content-type', 'application/json')
      response.setHeader('cache-control', `max-age=${maxAge}`)
      return void response.end(JSON.stringify(document))
    }
    if (path === SERVICE_PATHS.jwks && request.method === 'GET') {
      const published = parts.jwks().then(
        ({ keys }) => ({ status: 200, headers: { 'cache-control': JWKS_CACHE }, body: { keys: toJson(keys) } }),
        (error: unknown) => parts.deny({ code: failureCode(error) }, null),
      )
      return send(request, response, await published)
    }
    if (publicPaths.has(path)) return void (await next(undefined))

    const trace = readTrace(request)
    const refuse = async (denial: Denial, { id = null, answer }: Pick<Unread, 'id' | 'answer'> = {}) => {
      const recorded = parts.audit.append({ trace, step: 'gateway', outcome: 'denied', code: denial.code }).then(
        () => answer ?? parts.deny(denial, id),
        () => parts.deny({ code: 'audit.unavailable' }, id),
      )
      send(request, response, await recorded)
    }

    if (bodyWasRead(request)) return refuse({ code: 'configuration.body-parser' })
    if (!checkHead(request, parts.limits.headerBytes)) return refuse({ code: 'gateway.headers-too-large' })
    if (parts.events && path === SERVICE_PATHS.events) {
      const { status, body } = await parts.events.receive(request)
      return body ? send(request, response, { status, headers: {}, body }) : void response.writeHead(status).end()
    }
    if (parts.pages?.serves(path)) return parts.pages.serve(request, response, targetOf(request), trace)
    const { origin } = request.headers
    if (origin !== undefined && !parts.origins.includes(origin)) return refuse({ code: 'gateway.origin' })

    const mediated = await parts.exchangeMediated(request, path, trace)
    if (mediated) return send(request, response, mediated.answer)

    /** What who cannot be admitted gets; where the gateway only observes, they pass without a caller. */
    const turnAway = async (denial: Denial) => {
      if (parts.modes.gateway === 'enforce') return refuse(denial)
      await parts.audit.append({ trace, step: 'gateway', outcome: 'observed', code: denial.code })
      await parts.context.run({ trace, mode: 'observe' }, () => next(undefined))
    }

    const verified = await verifyRequest(parts, request, trace)
    if (!verified.ok) return turnAway(verified.denial)
    const served = parts.service.serves(path)
    const astray = served ? undefined : misroute(parts.resource, path, request.method)
    if (astray) return turnAway({ code: astray })
    const read = await (served ? parts.service.read(request, path) : readMcpRequest(request, parts.limits))
    if (!read.ok) return refuse(read.denial, read)

    const passage = parts.exchanges.enter()
    const admitted = await admitVerified(verified.value)
    if (!admitted.ok) return turnAway(admitted.denial)
    const caller = admitted.value
    for (const [name, value] of Object.entries(parts.gateway.answerHeaders(caller))) response.setHeader(name, value)
    const id = 'message' in read ? (read.message?.id ?? null) : null
    if (!(await recordAdmitted(parts.audit, caller))) {
      return send(request, response, parts.deny({ code: 'audit.unavailable' }, id))
    }
    if ('answer' in read) {
      const answer = read.answer(caller).catch((error: unknown) => parts.deny({ code: failureCode(error) }, null))
      return send(request, response, await answer)
    }

    const { message, presented } = read
    const isGone = () => response.closed
    const inbound = message ? await parts.pipeline.receive(caller, message, { ...presented, isGone }) : stream(caller)
    if (inbound.kind === 'answer') return send(request, response, inbound.answer)
    if (inbound.kind === 'drop') return void response.writeHead(202).end()

    const filtered = filterResponse(response, {
      release: inbound.release,
      stream: inbound.stream && ((next, output) => inbound.stream?.(next, output, id) ?? Promise.resolve(false)),
      unanswered: inbound.unanswered,
      failure: (error) => parts.deny({ code: failureCode(error) }, id),
      maxBytes: parts.limits.answerBytes,
      isAwaited: message?.kind === 'request',
      timeout: inbound.exchange.call && inbound.exchange.mode === 'enforce' ? parts.limits.callMs : undefined,
    })
    const { exchange } = inbound
    const leave = passage.open(parts.restsOn(exchange, parts.gateway.standingOf(caller)), (code) => {
      inbound.close(true)
      // A stream that answers no request has nobody to tell.
      filtered.interrupt(parts.deny({ code }, id), {
        event: message?.kind === 'request',
        error: new LockstepError(code),
      })
      void recordEnd(parts.audit, exchange, code)
    })
    if (!leave) return
    const unlisten = message ? undefined : parts.completions.listen(caller, filtered.push)
    const done = () => {
      unlisten?.()
      leave()
      filtered.abandon()
    }
    const close = () => {
      inbound.close(response.writableFinished)
      // INVARIANT: a call whose caller hung up runs on, and is ended like any other.
      if (response.writableFinished || !exchange.call) done()
      else setTimeout(done, parts.limits.callMs).unref()
    }
    // A caller who hangs up does not end the call: its effect may be on its way, and its outcome is still recorded.
    // Who hung up while it was decided is told by no event any more.
    if (response.closed) close()
    else response.on('close', close)
    // INVARIANT: nobody behind the guard reads the bytes that the client sent, only what was decided on.
    if (inbound.message) replaceBody(request, inbound.message)
    passToRelay(request, { exchange, message: inbound.message, over: filtered.over, fail: filtered.fail })
    await parts.context.run(inbound.exchange, () => next(inbound.message))
  }
}

/**
 * Why no handler gets a request at this path or with this method. Only the messages of the MCP endpoint are decided on; whatever
 * else is mounted behind the guard would run for everybody who has a token.
 */
function misroute(resource: URL, path: string, method = ''): ErrorCode | undefined {
  // attacker-controlled: compared as it was sent, so that no router reads it in another way.
  if (path !== resource.pathname) return 'gateway.path-unknown'
  return METHODS.has(method) ? undefined : 'gateway.method-unsupported'
}

/** POST carries the messages; GET, HEAD and DELETE belong to the sessions of 2025. */
const METHODS = new Set(['POST', 'GET', 'HEAD', 'DELETE'])

/** A GET or DELETE of the session transports: what a server sends unasked is held back, whoever it was meant for. */
function stream(caller: Caller): Inbound {
  const silent = new Set(['notifications/tools/list_changed'])
  return {
    kind: 'forward',
    exchange: { trace: caller.trace, caller, mode: 'enforce' },
    release: async (message: JsonObject) =>
      typeof message.method === 'string' && silent.has(message.method) && message.id === undefined
        ? { jsonrpc: '2.0', method: message.method }
        : undefined,
    unanswered: async () => undefined,
    close: () => undefined,
  }
}

function toJson(keys: readonly object[]): JsonValue {
  return JSON.parse(JSON.stringify(keys)) as JsonValue
}

function failureCode(error: unknown): ErrorCode {
  if (error === undefined) return 'execution.result-unbound'
  return isLockstepError(error) ? error.code : 'invocation.handler-failed'
}

function send(request: GuardedRequest, response: ServerResponse, { status, headers, body }: Answer): void {
  // What was not read of a refused request is not waited for.
  if (!request.complete) response.setHeader('connection', 'close')
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('content-type', 'application/json')
  response.statusCode = status
  response.end(JSON.stringify(body))
}
