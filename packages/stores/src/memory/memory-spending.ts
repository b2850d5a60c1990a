import type { Clock, KnownUse, SpendingReservation, SpendingStore } from '@lockstep/core'
import { checkSpendingQuestion, checkSpendingReservation } from '../check-spending.ts'
import { checkText } from '../check-text.ts'
import { createForgetDue } from '../forget-due.ts'
import { SPENDING_GRACE_MS } from '../spending-grace.ts'
import type { OpenState } from './open-state.ts'

interface Entry {
  readonly call: string
  readonly amount: number
  readonly at: number
  readonly expiresAt: number
  readonly forgetAt: number
  isSettled: boolean
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
  const forgetDue = createForgetDue(clock)

  function forget(now: number): void {
    if (!forgetDue(now)) return
    for (const [name, counter] of counters) {
      counter.entries = counter.entries.filter(({ forgetAt }) => forgetAt > now)
      if (counter.entries.length === 0) counters.delete(name)
    }
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

  /** Takes the entries that `gone` names out; tells whether there were any. */
  const take = (gone: (entry: Entry) => boolean): boolean => {
    let found = false
    for (const counter of counters.values()) {
      const kept = counter.entries.filter((entry) => !gone(entry))
      found ||= kept.length < counter.entries.length
      counter.entries = kept
    }
    return found
  }

  const openEntries = () => [...counters.values()].flatMap(({ entries }) => entries.filter((entry) => !entry.isSettled))

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
        known.entries.push({
          ...{ call, amount, at, expiresAt },
          forgetAt: at + window + SPENDING_GRACE_MS,
          isSettled: false,
        })
        counters.set(counter, known)
      }
      remember(reservation)
      return true
    },
    async settle(call) {
      open.check()
      checkText('call', call)
      for (const entry of openEntries()) if (entry.call === call) entry.isSettled = true
    },
    async release(reservation) {
      open.check()
      checkSpendingReservation(reservation)
      const { call, amounts, uses } = reservation
      const returned = take((entry) => entry.call === call && !entry.isSettled)
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
      const now = clock()
      const found = new Map<string, number>()
      for (const { call, at, expiresAt } of openEntries()) {
        if (expiresAt <= now) found.set(call, Math.min(at, found.get(call) ?? at))
      }
      return [...found].map(([call, at]) => ({ call, at })).sort((a, b) => a.at - b.at || (a.call < b.call ? -1 : 1))
    },
    async resolve(call, outcome) {
      open.check()
      checkText('call', call)
      if (outcome !== 'happened' && outcome !== 'did-not-happen') throw new TypeError('`outcome` is not one')
      const now = clock()
      const isUnknown = (entry: Entry) => entry.call === call && !entry.isSettled && entry.expiresAt <= now
      if (outcome === 'did-not-happen') return take(isUnknown)
      const unknown = openEntries().filter(isUnknown)
      for (const entry of unknown) entry.isSettled = true
      return unknown.length > 0
    },
  }
}
