import { isJsonObject, type JsonObject, type Revocable } from '@lockstep/core'
import type { EventTransmitter } from './event-transmitter.ts'

/**
 * What a subject identifier (RFC 9493; OpenID SSF 1.0 section 3) names, as something to revoke: a subject, or one token. Of a complex subject
 * the user counts: a session or a device is known to the transmitter alone. Resolves to undefined for what is not understood, and for an
 * issuer of which the transmitter may not speak.
 */
export async function nameRevoked(
  identifier: JsonObject | undefined,
  transmitter: EventTransmitter,
): Promise<Exclude<Revocable, string> | undefined> {
  if (!identifier) return undefined
  const { format, iss: issuer, sub, jti } = identifier
  const { speaksFor = [transmitter.issuer], subjectOf } = transmitter
  const isSpokenFor = typeof issuer === 'string' && speaksFor.includes(issuer)
  switch (format) {
    case 'iss_sub':
      return isSpokenFor && isName(sub) ? { subject: { issuer, id: sub } } : undefined
    case 'jwt_id':
      return isSpokenFor && isName(jti) ? { token: { issuer, id: jti } } : undefined
    case 'complex': {
      const { user } = identifier
      // INVARIANT: one level: a user is no complex subject again.
      return isJsonObject(user) && user.format !== 'complex' ? nameRevoked(user, transmitter) : undefined
    }
    default: {
      const subject = await subjectOf?.(identifier)
      return subject && isName(subject.issuer) && isName(subject.id) ? { subject } : undefined
    }
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.isWellFormed()
}
