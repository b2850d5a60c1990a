import type { Approval, ApprovalStore, ApprovingPerson, Caller, Clock, Facts, Outcome } from '@lockstep/core'
import { subjectEntity } from '@lockstep/core'
import { isApprovalId } from './approval-id.ts'
import { askableBy } from './approver-rule.ts'
import { askPort } from './ask-port.ts'
import { deny } from './deny.ts'
import { type JudgeApproverOptions, judgeApprover } from './judge-approver.ts'
import { matchConsents } from './match-consents.ts'
import { isOwnConsent } from './own-consent.ts'
import { MOST_APPROVERS, sizeOf } from './possible-needs.ts'

/** What answering needs. */
export interface AnswersOptions extends JudgeApproverOptions {
  readonly store: ApprovalStore
  readonly clock: Clock
  /** How long a denial stays at least, in milliseconds. */
  readonly lifetime: number
}

/** What people answer a request with. Each may reject with a LockstepError. */
export interface Answers {
  readonly approve: (approver: Caller, facts: Facts, id: string) => Promise<Outcome<Approval>>
  readonly deny: (approver: Caller, facts: Facts, id: string) => Promise<Outcome<Approval>>
  readonly withdraw: (caller: Caller, id: string) => Promise<Outcome<Approval>>
}

/** INVARIANT: whoever may not know of a request is answered as if there were none. */
const INVALID = deny({ code: 'invocation.approval-invalid' })

/** Creates what answers requests for consent. */
export function createAnswers(options: AnswersOptions): Answers {
  const { store, approvers, clock, lifetime } = options

  const load = async (id: string): Promise<Approval | undefined> => {
    // attacker-controlled: anybody may send any text as an id.
    if (!isApprovalId(id)) return undefined
    return askPort('state.unavailable', () => store.get(id))
  }

  /** The request, where this person is asked to answer it. */
  const asked = async (approver: Caller, facts: Facts, id: string): Promise<Outcome<Approval>> => {
    const approval = await load(id)
    const isOpen = approval && ['pending', 'approved'].includes(approval.state) && approval.expiresAt > clock()
    if (!isOpen) return INVALID
    if (isOwnConsent(approval, approver)) return deny({ code: 'invocation.approval-self' })
    const keys = askableBy(approvers, subjectEntity(approver), facts)
    return approval.asked.some((key) => keys.includes(key)) ? { ok: true, value: approval } : INVALID
  }

  const consentOnce = async (approver: Caller, facts: Facts, id: string): Promise<Outcome<Approval> | undefined> => {
    const found = await asked(approver, facts, id)
    if (!found.ok) return found
    const approval = found.value
    if (approval.state !== 'pending') return INVALID
    // INVARIANT: a person is counted once, through whatever actor and at whatever issuer: the policy names people by their subject alone.
    if (approval.consents.some(({ subject }) => subject === approver.subject.id)) return INVALID
    const judged = await judgeApprover(options, approval, approver, facts)
    if (!judged.ok) return deny({ code: judged.code })
    const { needed, consents } = approval
    const before = consents.map(({ relations }) => relations)
    const there = matchConsents(needed, [...before, judged.relations])
    if (there <= matchConsents(needed, before)) return deny({ code: 'invocation.approval-refused' })
    const consent = { ...personOf(approver), at: Math.floor(clock()), relations: judged.relations }
    const isComplete = there === sizeOf(needed)
    const recorded = await askPort('state.unavailable', () => store.consent(id, consents.length, consent, isComplete))
    if (recorded !== true) return undefined
    const state = isComplete ? 'approved' : 'pending'
    return { ok: true, value: { ...approval, state, consents: [...consents, consent] } }
  }

  return {
    async approve(approver, facts, id) {
      // Somebody else was first: look again whether this consent still helps. There are never more of them than people needed.
      for (let tries = 0; tries <= MOST_APPROVERS; tries += 1) {
        const outcome = await consentOnce(approver, facts, id)
        if (outcome) return outcome
      }
      return INVALID
    },
    async deny(approver, facts, id) {
      const found = await asked(approver, facts, id)
      if (!found.ok) return found
      const by = personOf(approver)
      const at = Math.floor(clock())
      const until = at + lifetime
      if ((await askPort('state.unavailable', () => store.deny(id, by, until))) !== true) return INVALID
      const expiresAt = Math.max(found.value.expiresAt, until)
      return { ok: true, value: { ...found.value, state: 'denied', expiresAt, ended: { at, by } } }
    },
    async withdraw(caller, id) {
      const approval = await load(id)
      if (!approval || !mayWithdraw(approval, caller)) return INVALID
      const by = personOf(caller)
      if ((await askPort('state.unavailable', () => store.withdraw(id, by))) !== true) return INVALID
      return { ok: true, value: { ...approval, state: 'withdrawn', ended: { at: Math.floor(clock()), by } } }
    },
  }
}

function mayWithdraw({ issuer, subject, actor, consents }: Approval, caller: Caller): boolean {
  const isSubject = caller.subject.issuer === issuer && caller.subject.id === subject
  const consented = consents.some((one) => one.issuer === caller.subject.issuer && one.subject === caller.subject.id)
  return (isSubject && caller.actor.id === actor) || consented
}

function personOf({ subject, actor }: Caller): ApprovingPerson {
  return { issuer: subject.issuer, subject: subject.id, actor: actor.id }
}
