import type { Denial, JsonValue } from '@lockstep/core'
import { type InboundMessage, readMessage } from '../message.ts'
import { headersAgree } from '../mirrored/headers-agree.ts'
import { type Presented, readPresented } from '../presented.ts'
import { checkMediaType } from './check-media-type.ts'
import type { GuardedRequest } from './create-http-guard.ts'
import { type BodyLimits, readBody } from './read-body.ts'
import { sentHeaders } from './read-request.ts'
import type { Unread } from './unread.ts'

/** A request to the MCP endpoint as far as it can be judged without asking anybody, or why it is refused. */
export type McpRequest =
  | {
      readonly ok: true
      /** Absent for the streams of the session transports. */
      readonly message: InboundMessage | undefined
      readonly presented: Presented
    }
  | Unread

/**
 * Reads the body of a request whose sender was verified, within its bounds, and the headers that belong to it: one JSON-RPC message, declared
 * as what it is, and mirrored truly. Never rejects, and has no effect.
 */
export async function readMcpRequest(request: GuardedRequest, limits: BodyLimits): Promise<McpRequest> {
  const body = await readBody(request, limits).catch(() => ({ ok: false, code: 'gateway.body-malformed' }) as const)
  if (!body.ok) return { ok: false, denial: { code: body.code }, id: null }
  const message = body.value === undefined ? undefined : readMessage(body.value)
  const id = message?.id ?? null
  const denial = misfit(request, body.value, message)
  if (denial) return { ok: false, denial, id }
  const presented = readPresented(sentHeaders(request), message)
  if (!presented.ok) return { ok: false, denial: presented.denial, id }
  return { ok: true, message, presented: presented.value }
}

/** Why a body that was read cannot be taken: MCP sends one JSON-RPC message per POST. */
function misfit(
  request: GuardedRequest,
  value: JsonValue | undefined,
  message: InboundMessage | undefined,
): Denial | undefined {
  if (request.method !== 'POST') return value === undefined ? undefined : { code: 'gateway.body-malformed' }
  if (!checkMediaType(request.headers)) return { code: 'gateway.content-type' }
  if (!message) return { code: 'gateway.body-malformed' }
  return headersAgree(message, sentHeaders(request)) ? undefined : { code: 'gateway.header-mismatch' }
}
