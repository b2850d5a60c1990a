import type { JsonObject, JsonValue } from '@lockstep/core'
import { REVOKING_EVENTS, type RevokingEvent } from './event-transmitter.ts'

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/'

/** What makes an event one that revokes; an event of another value says that nothing got worse. */
const WORSE: Readonly<Record<RevokingEvent, (event: JsonObject) => boolean>> = {
  'session-revoked': () => true,
  // A new credential takes nothing from the others.
  'credential-change': ({ change_type: type }) => type !== 'create',
  'assurance-level-change': ({ change_direction: direction }) => direction !== 'increase',
  'device-compliance-change': ({ current_status: status }) => status !== 'compliant',
  'risk-level-change': ({ current_level: level }) => !['LOW', 'MEDIUM'].some((better) => better === level),
}

/**
 * Which of CAEP's events this is, and whether it says that things got worse. What it leaves out, or says in words that CAEP does not have,
 * counts as worse. Undefined for every other event.
 */
export function judgeEvent(
  type: string,
  event: JsonObject,
): { readonly name: RevokingEvent; readonly isWorse: boolean } | undefined {
  const name = REVOKING_EVENTS.find((known) => type === CAEP + known)
  return name && { name, isWorse: WORSE[name](event) }
}

/** Since when it is so, in milliseconds since the epoch: what the event says of itself (seconds), else when it was issued. */
export function eventTime({ event_timestamp: stated }: JsonObject, issuedAt: number): number {
  return Math.floor((isTime(stated) ? stated : issuedAt) * 1000)
}

function isTime(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
