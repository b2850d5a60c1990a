import type { JsonObject } from '@lockstep/core'

/** What a transmitter tells of one subject: a verified security event token (RFC 8417) with the one event in it. */
export interface SecurityEvent {
  /** Who says so. */
  readonly issuer: string
  /** `jti`: the transmitter names no two events alike. */
  readonly id: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** The URI of the event. */
  readonly type: string
  /** What the transmitter says of it. */
  readonly event: JsonObject
  /** `sub_id` (RFC 9493): whom it is about; absent for an event about the stream itself. */
  readonly subject?: JsonObject
}

/** Why a security event token is not taken: the error codes of RFC 8935 section 2.4, and `unavailable` when nobody can say now. */
export type SecurityEventError =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'unavailable'
