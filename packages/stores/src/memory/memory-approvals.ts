import {
  type Approval,
  type ApprovalEvent,
  type ApprovalStore,
  type CallerKey,
  type Clock,
  LockstepError,
} from '@lockstep/core'
import { APPROVAL_KEPT_MS, MOST_LISTED } from '../approval-kept.ts'
import { checkApproval, checkBounds, checkConsent, checkPerson } from '../check-approval.ts'
import { checkText } from '../check-text.ts'
import { checkTime } from '../check-time.ts'
import { expireApproval } from '../expire-approval.ts'
import { createForgetDue } from '../forget-due.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import type { OpenState } from './open-state.ts'

/** Creates an approval store in this process. No method waits between looking and changing, so of several racers one wins. */
export function createMemoryApprovals(clock: Clock, open: OpenState): ApprovalStore {
  /** In the order of the requests. */
  const byId = new Map<string, Approval>()
  /** The one request of a binding that waits, is approved and unused, or is denied. */
  const standing = new Map<string, string>()
  const told = new Set<string>()
  const forgetDue = createForgetDue(clock)
  const outbox = createMemoryOutbox(clock, open, (id) => read(id))
  const now = () => Math.floor(clock())

  function read(id: string | undefined): Approval | undefined {
    const known = id === undefined ? undefined : byId.get(id)
    return known && expireApproval(known, now())
  }

  function keep(approval: Approval, notice?: { readonly id: string; readonly event: ApprovalEvent }): void {
    const made = Object.freeze(approval)
    byId.set(made.id, made)
    if (['pending', 'approved', 'denied'].includes(made.state)) standing.set(made.binding, made.id)
    else if (standing.get(made.binding) === made.id) standing.delete(made.binding)
    if (notice && told.has(made.id)) outbox.tell(`${made.id}.${notice.id}`, notice.event, made.id)
  }

  function forget(until: number): void {
    for (const known of byId.values()) {
      if (known.expiresAt > until || standing.get(known.binding) === known.id) continue
      byId.delete(known.id)
      told.delete(known.id)
      outbox.forget(known.id)
    }
  }

  function expire(): number {
    const over = [...standing].flatMap(([binding, id]) => {
      const known = byId.get(id)
      return known && known.expiresAt <= now() ? [{ binding, known }] : []
    })
    for (const { binding, known } of over) {
      standing.delete(binding)
      if (known.state !== 'denied') keep(expireApproval(known, now()), { id: 'expired', event: 'expired' })
    }
    return over.length
  }

  function isWaiting(id: string): Approval | undefined {
    const known = read(id)
    return known?.state === 'pending' ? known : undefined
  }

  function isOpen(id: string): Approval | undefined {
    const known = read(id)
    return known?.state === 'approved' ? known : isWaiting(id)
  }

  const listed = (all: readonly Approval[]) => all.slice(0, MOST_LISTED)
  const all = () => [...byId.keys()].flatMap((id) => read(id) ?? [])
  const newest = () => all().sort((a, b) => b.requestedAt - a.requestedAt)
  const atMost = (most: number, counts: (one: Approval) => boolean) =>
    [...standing.values()].filter((id) => {
      const known = isWaiting(id)
      return known !== undefined && counts(known)
    }).length < most

  return {
    async request(approval, bounds) {
      open.check()
      checkBounds(bounds)
      const request = checkApproval(approval)
      if (forgetDue(now())) forget(now() - APPROVAL_KEPT_MS)
      expire()
      const known = read(standing.get(request.binding))
      if (known) return known
      const asked = request.asked.join(' ')
      const hasRoom =
        atMost(bounds.caller, (one) => sameCaller(one, request)) &&
        atMost(bounds.asked, (one) => one.asked.join(' ') === asked)
      if (!hasRoom) return undefined
      if (byId.has(request.id)) throw new LockstepError('state.unavailable', 'the id of the approval is taken')
      const made: Approval = { ...request, state: 'pending', consents: [] }
      if (bounds.notify) told.add(made.id)
      keep(made, { id: 'requested', event: 'requested' })
      return made
    },
    async get(id) {
      open.check()
      checkText('id', id)
      return read(id)
    },
    async standing(binding) {
      open.check()
      checkText('binding', binding)
      const known = read(standing.get(binding))
      return known && known.expiresAt > now() ? known : undefined
    },
    async requestedBy(caller) {
      open.check()
      for (const name of ['issuer', 'subject', 'actor'] as const) checkText(name, caller[name])
      return listed(newest().filter((one) => sameCaller(one, caller)))
    },
    async waitingFor(asked) {
      open.check()
      const waiting = all().filter((one) => one.state === 'pending' && one.asked.some((key) => asked.includes(key)))
      return listed(waiting.sort((a, b) => a.requestedAt - b.requestedAt))
    },
    async list() {
      open.check()
      return listed(newest())
    },
    async consent(id, given, consent, isComplete) {
      open.check()
      checkText('id', id)
      const added = checkConsent(consent)
      const known = isWaiting(id)
      if (!known || known.consents.length !== given) return false
      const consents = [...known.consents, added]
      const state = isComplete ? 'approved' : 'pending'
      keep({ ...known, consents, state }, { id: `consented.${consents.length}`, event: 'decided' })
      return true
    },
    async deny(id, by, until) {
      open.check()
      checkText('id', id)
      checkTime('until', until)
      const ended = { at: now(), by: checkPerson(by) }
      const known = isOpen(id)
      if (!known) return false
      const expiresAt = Math.max(known.expiresAt, until)
      keep({ ...known, state: 'denied', ended, expiresAt }, { id: 'denied', event: 'decided' })
      return true
    },
    async withdraw(id, by) {
      open.check()
      checkText('id', id)
      const ended = { at: now(), ...(by ? { by: checkPerson(by) } : {}) }
      const known = isOpen(id)
      if (!known) return false
      keep({ ...known, state: 'withdrawn', ended }, { id: 'withdrawn', event: 'withdrawn' })
      return true
    },
    async use(id) {
      open.check()
      checkText('id', id)
      const known = read(id)
      if (known?.state !== 'approved') return false
      keep({ ...known, state: 'used', ended: { at: now() } })
      return true
    },
    async expire() {
      open.check()
      return expire()
    },
    outbox,
  }
}

function sameCaller(one: CallerKey, other: CallerKey): boolean {
  return one.issuer === other.issuer && one.subject === other.subject && one.actor === other.actor
}
