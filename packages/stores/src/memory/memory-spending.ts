import type { Clock, KnownUse, SpendingReservation, SpendingStore } from '@lockstep/core'
import { checkSpendingQuestion, checkSpendingReservation } from '../check-spending.ts'
import { checkText } from '../check-text.ts'
import { createForgetDue } from '../forget-due.ts'
import { SPENDING_GRACE_MS } from '../spending-grace.ts'
import type { OpenState } from './open-state.ts'

interface Entry {
  readonly call: string
  readonly counter: Counter
  readonly amount: number
  readonly at: number
  readonly expiresAt: number
  readonly forgetAt: number
}

interface Counter {
  last: string
  entries: Entry[]
}

interface Use extends Omit<KnownUse, 'name'> {
  readonly forgetAt: number
}

/** Creates what remembers spending in this process. What is read and compared is read and compared in one turn, so no two calls interleave. */
export function createMemorySpending(clock: Clock, open: OpenState): SpendingStore {
  const counters = new Map<string, Counter>()
  const used = new Map<string, Map<string, Use>>()
  /** What is reserved and not settled, by call. */
  const unsettled = new Map<string, readonly Entry[]>()
  const forgetDue = createForgetDue(clock)

  function forget(now: number): void {
    if (!forgetDue(now)) return
    for (const [name, counter] of counters) {
      counter.entries = counter.entries.filter(({ forgetAt }) => forgetAt > now)
      if (counter.entries.length === 0) counters.delete(name)
    }
    for (const [call, entries] of unsettled)
      if (entries.every(({ forgetAt }) => forgetAt <= now)) unsettled.delete(call)
    for (const [of, uses] of used) {
      for (const [name, { forgetAt }] of uses) if (forgetAt <= now) uses.delete(name)
      if (uses.size === 0) used.delete(of)
    }
  }

  const remember = ({ at, uses }: SpendingReservation): void => {
    if (!uses) return
    const known = used.get(uses.of) ?? new Map<string, Use>()
    used.set(uses.of, known)
    for (const name of uses.names) {
      const standing = known.get(name)
      const forgetAt = at + uses.remember + SPENDING_GRACE_MS
      const fresh = !standing || standing.last < at - uses.remember
      known.set(name, {
        first: fresh ? at : Math.min(standing.first, at),
        last: Math.max(standing?.last ?? at, at),
        times: fresh ? 1 : standing.times + 1,
        forgetAt: Math.max(standing?.forgetAt ?? forgetAt, forgetAt),
      })
    }
  }

  /** Takes out what a call reserved and did not settle; tells whether there was anything. */
  const takeBack = (call: string): boolean => {
    const entries = unsettled.get(call) ?? []
    for (const { counter } of entries) counter.entries = counter.entries.filter((entry) => !entries.includes(entry))
    return unsettled.delete(call)
  }

  const isUnknown = (entries: readonly Entry[]): boolean => {
    const now = clock()
    return entries.some(({ expiresAt }) => expiresAt <= now)
  }

  return {
    async read(question) {
      open.check()
      checkSpendingQuestion(question)
      const { at, uses } = question
      const spent = question.counters.map(({ counter, window }) => {
        const known = counters.get(counter)
        const counted = known?.entries.filter((entry) => entry.at > at - window) ?? []
        const amount = counted.reduce((sum, entry) => sum + BigInt(entry.amount), 0n)
        return {
          counter,
          amount: Math.min(Number(amount), Number.MAX_SAFE_INTEGER),
          ...(known ? { last: known.last } : {}),
        }
      })
      const asked = uses ? [...(used.get(uses.of) ?? [])] : []
      return {
        spent,
        uses: asked
          .filter(
            ([name]) => uses?.names.includes(name) || (uses?.prefix !== undefined && name.startsWith(uses.prefix)),
          )
          .filter(([, { last }]) => last >= (uses?.since ?? 0))
          .map(([name, { first, last, times }]) => ({ name, first, last, times }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      }
    },
    async reserve(reservation) {
      open.check()
      checkSpendingReservation(reservation)
      const { call, at, expiresAt, amounts } = reservation
      forget(clock())
      const isAsRead = amounts.every(({ counter, last }) => {
        const known = counters.get(counter)
        return known === undefined || known.last === last
      })
      if (!isAsRead) return false
      for (const { counter, amount, window } of amounts) {
        const known = counters.get(counter) ?? { last: call, entries: [] }
        known.last = call
        const entry = {
          ...{ call, counter: known, amount, at, expiresAt },
          forgetAt: at + window + SPENDING_GRACE_MS,
        }
        known.entries.push(entry)
        counters.set(counter, known)
        unsettled.set(call, [...(unsettled.get(call) ?? []), entry])
      }
      remember(reservation)
      return true
    },
    async settle(call) {
      open.check()
      checkText('call', call)
      unsettled.delete(call)
    },
    async release(reservation) {
      open.check()
      checkSpendingReservation(reservation)
      const { call, amounts, uses } = reservation
      const returned = takeBack(call)
      if (!uses || !(returned || amounts.length === 0)) return
      const known = used.get(uses.of)
      for (const name of uses.names) {
        const use = known?.get(name)
        if (use && use.times > 1) known?.set(name, { ...use, times: use.times - 1 })
        else known?.delete(name)
      }
    },
    async unresolved() {
      open.check()
      return [...unsettled]
        .filter(([, entries]) => isUnknown(entries))
        .map(([call, entries]) => ({ call, at: Math.min(...entries.map(({ at }) => at)) }))
        .sort((a, b) => a.at - b.at || (a.call < b.call ? -1 : 1))
    },
    async resolve(call, outcome) {
      open.check()
      checkText('call', call)
      if (outcome !== 'happened' && outcome !== 'did-not-happen') throw new TypeError('`outcome` is not one')
      if (!isUnknown(unsettled.get(call) ?? [])) return false
      return outcome === 'did-not-happen' ? takeBack(call) : unsettled.delete(call)
    },
  }
}
