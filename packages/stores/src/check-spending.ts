import type { CountedWindow, SpendingQuestion, SpendingReservation } from '@lockstep/core'
import { checkText } from './check-text.ts'
import { checkTime } from './check-time.ts'

/** Far more than the configuration of one tool names. */
const MOST_COUNTERS = 64
const MOST_NAMES = 64
/** Ten years, in milliseconds. */
const LONGEST = 315_360_000_000

/** Checks what is asked of spending. Throws `TypeError`, naming the member and never its value. */
export function checkSpendingQuestion({ at, counters, uses }: SpendingQuestion): void {
  checkTime('at', at)
  checkCounters(counters)
  if (!uses) return
  checkText('uses.of', uses.of)
  checkNames(uses.names)
  if (uses.prefix !== undefined) checkText('uses.prefix', uses.prefix)
  checkTime('uses.since', uses.since)
}

/** Checks what is reserved. Throws `TypeError`, naming the member and never its value. */
export function checkSpendingReservation({ call, at, expiresAt, amounts, uses }: SpendingReservation): void {
  checkText('call', call)
  checkTime('at', at)
  checkTime('expiresAt', expiresAt)
  checkCounters(amounts)
  for (const { amount, last } of amounts) {
    if (!Number.isSafeInteger(amount) || amount < 0) throw new TypeError('`amount` must be a safe integer of 0 or more')
    if (last !== undefined) checkText('last', last)
  }
  if (!uses) return
  checkText('uses.of', uses.of)
  checkNames(uses.names)
  checkSpan('uses.remember', uses.remember)
}

function checkCounters(counters: readonly CountedWindow[]): void {
  if (counters.length > MOST_COUNTERS) throw new TypeError(`\`counters\` must be at most ${MOST_COUNTERS}`)
  for (const { counter, window } of counters) {
    checkText('counter', counter)
    checkSpan('window', window)
  }
  if (new Set(counters.map(({ counter }) => counter)).size !== counters.length) {
    throw new TypeError('`counters` must name each counter once')
  }
}

function checkNames(names: readonly string[]): void {
  if (names.length > MOST_NAMES) throw new TypeError(`\`uses.names\` must be at most ${MOST_NAMES}`)
  for (const name of names) checkText('uses.names', name)
  if (new Set(names).size !== names.length) throw new TypeError('`uses.names` must name each use once')
}

function checkSpan(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > LONGEST) {
    throw new TypeError(`\`${name}\` must be whole milliseconds from 1 to ${LONGEST}`)
  }
}
