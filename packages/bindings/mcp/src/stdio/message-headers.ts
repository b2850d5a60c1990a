import { isJsonObject, type JsonObject, type JsonValue, type Outcome } from '@lockstep/core'
import { traceOf } from '../http/read-request.ts'
import type { InboundMessage } from '../message.ts'
import type { SentHeaders } from '../mirrored/headers-agree.ts'

/** Members of `_meta` that stand for the headers of a request. */
const AUTHORIZATION = 'lockstep/authorization'
const TXN_TOKEN = 'lockstep/txn-token'
const IDEMPOTENCY_KEY = 'lockstep/idempotency-key'

/** What a message brought beside itself, and the message without it. */
export interface DividedMessage {
  /** INVARIANT: holds no credential any more: neither the server nor the log sees one. */
  readonly message: InboundMessage
  /** The headers that an HTTP request would have carried: name and value. */
  readonly credentials: readonly (readonly [name: string, value: string])[]
  readonly sent: SentHeaders
  readonly trace: string
}

/**
 * Takes what would be headers over HTTP out of the `_meta` of a message: `lockstep/authorization` (`{ accessToken, proof }`, without `proof` for
 * a bearer token), `lockstep/txn-token`, `lockstep/idempotency-key`; and reads the W3C `traceparent`. A response has its `_meta` in its result.
 * Denies with `gateway.credentials-malformed` what has another form.
 */
export function divideMessage(message: InboundMessage): Outcome<DividedMessage> {
  // attacker-controlled: everything here.
  const meta = metaOf(message)
  const { [AUTHORIZATION]: authorization, [TXN_TOKEN]: txnToken, [IDEMPOTENCY_KEY]: key, ...rest } = meta ?? {}
  const credentials = readAuthorization(authorization)
  const isText = (value: JsonValue | undefined) => value === undefined || typeof value === 'string'
  if (!credentials || !isText(txnToken) || !isText(key)) {
    return { ok: false, denial: { code: 'gateway.credentials-malformed' } }
  }
  const headers = new Map([
    ['txn-token', txnToken],
    ['idempotency-key', key],
  ])
  const sent: SentHeaders = (name) => {
    const value = headers.get(name)
    return typeof value === 'string' ? [value] : []
  }
  return {
    ok: true,
    value: {
      message: meta ? withMeta(message, rest) : message,
      credentials,
      sent,
      trace: traceOf(rest.traceparent),
    },
  }
}

function readAuthorization(value: JsonValue | undefined): DividedMessage['credentials'] | undefined {
  if (value === undefined) return []
  if (!isJsonObject(value)) return undefined
  const { accessToken, proof, ...more } = value
  if (typeof accessToken !== 'string' || Object.keys(more).length > 0) return undefined
  return authorizationHeaders(accessToken, proof)
}

/** The headers that a token with its proof is sent in; without a proof it is a bearer token. `undefined` for a proof that is no text. */
export function authorizationHeaders(
  accessToken: string,
  proof: JsonValue | undefined,
): DividedMessage['credentials'] | undefined {
  if (proof === undefined) return [['authorization', `Bearer ${accessToken}`]]
  if (typeof proof !== 'string') return undefined
  return [
    ['authorization', `DPoP ${accessToken}`],
    ['dpop', proof],
  ]
}

function metaOf({ kind, params, wire }: InboundMessage): JsonObject | undefined {
  const holder = kind === 'response' ? wire.result : params
  return isJsonObject(holder) && isJsonObject(holder._meta) ? holder._meta : undefined
}

function withMeta(message: InboundMessage, rest: JsonObject): InboundMessage {
  const { kind, params, wire } = message
  const change = (holder: JsonObject): JsonObject => {
    const { _meta: _, ...others } = holder
    return Object.keys(rest).length === 0 ? others : { ...others, _meta: rest }
  }
  if (kind === 'response') return { ...message, wire: { ...wire, result: change(wire.result as JsonObject) } }
  const changed = change(params)
  return { ...message, params: changed, wire: { ...wire, params: changed } }
}
