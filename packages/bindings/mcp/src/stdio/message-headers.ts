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
 * a bearer token), `lockstep/txn-token`, `lockstep/idempotency-key`; and reads the W3C `traceparent`. A response has its `_meta` in its result,
 * or in the data of its error.
 * Denies with `gateway.credentials-malformed` what has another form.
 */
export function divideMessage(message: InboundMessage): Outcome<DividedMessage> {
  // attacker-controlled: everything here.
  const holder = holderOf(message)
  const meta = isJsonObject(holder?._meta) ? holder._meta : undefined
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
      message: holder && meta ? withMeta(message, holder, rest) : message,
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
  return proof === undefined || typeof proof === 'string' ? authorizationHeaders(accessToken, proof) : undefined
}

/** The headers that a token with its proof is sent in; without a proof it is a bearer token. */
export function authorizationHeaders(accessToken: string, proof?: string): DividedMessage['credentials'] {
  if (proof === undefined) return [['authorization', `Bearer ${accessToken}`]]
  return [
    ['authorization', `DPoP ${accessToken}`],
    ['dpop', proof],
  ]
}

/** Where a message holds its `_meta`: in its parameters, in its result, or in the data of its error. */
function holderOf({ kind, params, wire }: InboundMessage): JsonObject | undefined {
  if (kind !== 'response') return params
  const { result, error } = wire
  const holder = isJsonObject(error) ? error.data : result
  return isJsonObject(holder) ? holder : undefined
}

function withMeta(message: InboundMessage, holder: JsonObject, rest: JsonObject): InboundMessage {
  const { kind, wire } = message
  const { _meta: _, ...others } = holder
  const changed: JsonObject = Object.keys(rest).length === 0 ? others : { ...others, _meta: rest }
  if (kind !== 'response') return { ...message, params: changed, wire: { ...wire, params: changed } }
  if (isJsonObject(wire.error)) return { ...message, wire: { ...wire, error: { ...wire.error, data: changed } } }
  return { ...message, wire: { ...wire, result: changed } }
}
