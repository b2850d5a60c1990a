import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AuditSink, Clock, JsonObject } from '@lockstep/core'
import { createSecurityEventVerifier, type SecurityEvent } from '@lockstep/tokens'
import type { Revoke } from '../create-revoke.ts'
import { collectBody } from '../http/read-body.ts'
import type { EventTransmitter } from './event-transmitter.ts'
import { eventTime, judgeEvent } from './judge-event.ts'
import { nameRevoked } from './name-revoked.ts'

/** What the receiver of security events rests on. */
export interface EventReceiverOptions {
  readonly transmitters: readonly EventTransmitter[]
  readonly revoke: Revoke
  readonly audit: AuditSink
  readonly clock: Clock
}

/** What a transmitter is answered: 202 without a body, or an error (RFC 8935 sections 2.2 to 2.4). */
export interface EventAnswer {
  readonly status: 202 | 400 | 401 | 503
  readonly body?: { readonly err: string; readonly description: string }
}

/** Takes security events that transmitters push. */
export interface EventReceiver {
  /** Never rejects. Acknowledges nothing that is not durable. */
  receive(request: IncomingMessage): Promise<EventAnswer>
}

const MAX_BYTES = 16_384
const MEDIA_TYPE = /^application\/secevent\+jwt[ \t]*$/i

const SAYS = {
  invalid_request: 'the security event is malformed, of another time, or about nobody who is known here',
  invalid_key: 'the signature does not verify with a key of the transmitter',
  invalid_issuer: 'the transmitter is not known',
  invalid_audience: 'the security event is for another audience',
  authentication_failed: 'the transmitter did not authenticate',
  unavailable: 'it cannot be taken now; send it again',
} as const

/**
 * Creates the receiver of security events by push (RFC 8935), as OpenID CAEP 1.0 defines them: what a session, a credential, a device or a
 * person lost is revoked as if an operator had done so.
 *
 * INVARIANT: an event does the same however often it comes: it revokes what was issued until the time that it states, so that whoever repeats
 * an old one gains nothing, and the transmitter may. A token that it names is revoked as such.
 */
export function createEventReceiver(options: EventReceiverOptions): EventReceiver {
  const { transmitters, revoke, audit, clock } = options
  const byIssuer = new Map(transmitters.map((one) => [one.issuer, one]))
  const verifier = createSecurityEventVerifier({
    transmitters: transmitters.map(({ issuer, jwksUri, jwks, audience, algorithms }) => ({
      issuer,
      audience,
      ...(jwksUri === undefined ? {} : { jwksUri }),
      ...(jwks === undefined ? {} : { jwks }),
      ...(algorithms === undefined ? {} : { algorithms }),
    })),
    clock,
  })

  const record = (outcome: 'completed' | 'denied', detail: JsonObject) =>
    audit.append({ trace: randomBytes(16).toString('hex'), step: 'system', outcome, detail })

  const refuse = async (error: keyof typeof SAYS): Promise<EventAnswer> => {
    await record('denied', { securityEvent: error })
    const status = error === 'unavailable' ? 503 : error === 'authentication_failed' ? 401 : 400
    return { status, body: { err: error, description: SAYS[error] } }
  }

  const carryOut = async (told: SecurityEvent, transmitter: EventTransmitter): Promise<EventAnswer> => {
    const judged = judgeEvent(told.type, told.event)
    const from = { transmitter: transmitter.issuer }
    if (!judged?.isWorse || transmitter.ignore?.includes(judged.name)) {
      await record('completed', { securityEvent: judged?.name ?? 'other', ...from, revoked: false })
      return { status: 202 }
    }
    const revoked = await nameRevoked(told.subject, transmitter)
    if (!revoked) return refuse('invalid_request')
    // A token that is named is not to be used, also where it was issued after what happened.
    const at = 'token' in revoked ? clock() : Math.min(eventTime(told.event, told.issuedAt), clock())
    await revoke(revoked, `security event ${judged.name}`, at)
    return { status: 202 }
  }

  return {
    async receive(request) {
      try {
        // attacker-controlled: all of the request.
        const sent = MEDIA_TYPE.test(request.headers['content-type'] ?? '')
          ? await collectBody(request, MAX_BYTES)
          : undefined
        if (request.method !== 'POST' || !sent) return await refuse('invalid_request')
        const outcome = await verifier.verify(sent.toString('latin1'))
        if (!outcome.ok) return await refuse(outcome.error)
        const transmitter = byIssuer.get(outcome.value.issuer)
        if (!transmitter) return await refuse('invalid_issuer')
        if (!isAuthorized(request.headers.authorization, transmitter)) return await refuse('authentication_failed')
        return await carryOut(outcome.value, transmitter)
      } catch {
        return UNAVAILABLE
      }
    },
  }
}

function isAuthorized(sent: string | undefined, { authorization }: EventTransmitter): boolean {
  if (authorization === undefined) return true
  const [one, other] = [sent ?? '', authorization].map((text) => createHash('sha256').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}

/** Nothing is acknowledged: the transmitter sends it again. */
const UNAVAILABLE: EventAnswer = { status: 503, body: { err: 'unavailable', description: SAYS.unavailable } }
