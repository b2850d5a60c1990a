import type { SingleUse, Standing } from '@lockstep/core'
import { checkTime } from './check-time.ts'

const MOST_CHARACTERS = 1024
const MOST_NAMES = 64

/**
 * Checks what somebody wants to use up. Throws `TypeError` for an unknown space, an empty or oversized id and for a time that is not whole
 * milliseconds: the caller must then deny.
 */
export function checkUse({ space, id, issuedAt, expiresAt, standing }: SingleUse): void {
  checkUseName(space, id)
  checkTime('issuedAt', issuedAt)
  checkTime('expiresAt', expiresAt)
  checkStanding(standing)
}

/** Checks the name of a use. Throws `TypeError`. */
export function checkUseName(space: SingleUse['space'], id: string): void {
  // attacker-controlled: `id` comes from a token or a proof, so its size is bounded before it is remembered.
  if (space !== 'dpop' && space !== 'txn') throw new TypeError('`space` must be `dpop` or `txn`')
  if (typeof id !== 'string' || id.length === 0 || id.length > MOST_CHARACTERS) {
    throw new TypeError(`\`id\` must have 1 to ${MOST_CHARACTERS} characters`)
  }
}

/** Checks what something stands under. Throws `TypeError`. */
export function checkStanding(standing: readonly Standing[]): void {
  if (standing.length > MOST_NAMES) throw new TypeError(`\`standing\` must be at most ${MOST_NAMES}`)
  for (const { name, issuedAt } of standing) checkRevocation(name, issuedAt)
}

/** Checks a name and a time of revocation or issuance. Throws `TypeError`. */
export function checkRevocation(name: string, at: number): void {
  if (typeof name !== 'string' || name.length !== NAME_LENGTH) throw new TypeError('`name` must be a `revocableName`')
  checkTime('the time of a name', at)
}

/** Of a base64url SHA-256. Its letters are not looked at, five names with every call: nothing is revoked under another name. */
const NAME_LENGTH = 43
