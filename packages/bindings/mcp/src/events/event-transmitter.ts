import type { JsonObject, Subject } from '@lockstep/core'
import type { Transmitter } from '@lockstep/tokens'

/** The events of CAEP 1.0 that say that a sign-in may not be what it was, by the last part of their URI. */
export const REVOKING_EVENTS = [
  'session-revoked',
  'credential-change',
  'assurance-level-change',
  'device-compliance-change',
  'risk-level-change',
] as const

/** The name of one of them. */
export type RevokingEvent = (typeof REVOKING_EVENTS)[number]

/** Who may tell us that a subject, or a token, is not to be believed any more: a transmitter of OpenID SSF, and what it may speak of. */
export interface EventTransmitter extends Transmitter {
  /** The `Authorization` header that it sends with every event (RFC 8935 section 2.1). @defaultValue none is asked for */
  readonly authorization?: string
  /** The issuers whose subjects and tokens it may speak of. @defaultValue itself */
  readonly speaksFor?: readonly string[]
  /** Events that change nothing here. Those that say that things got better never do. @defaultValue none */
  readonly ignore?: readonly RevokingEvent[]
  /**
   * Finds whom a subject identifier names that is neither `iss_sub` nor `jwt_id` nor `complex` (RFC 9493, SSF 1.0 section 3), an `email` for
   * example. Undefined, or a rejection, refuses the event. @defaultValue every other form is refused
   */
  readonly subjectOf?: (identifier: JsonObject) => Subject | undefined | Promise<Subject | undefined>
}
