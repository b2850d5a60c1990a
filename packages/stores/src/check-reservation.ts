import type { IdempotencyStore } from '@lockstep/core'
import { checkText } from './check-text.ts'
import { checkTime } from './check-time.ts'

/** What is reserved under an idempotency key. */
export type Reservation = Parameters<IdempotencyStore['reserve']>[1]

/** Checks a reservation. Throws `TypeError`. */
export function checkReservation(key: string, entry: Reservation): void {
  checkText('key', key)
  checkText('digest', entry.digest)
  checkText('call', entry.call)
  checkTime('expiresAt', entry.expiresAt)
}
