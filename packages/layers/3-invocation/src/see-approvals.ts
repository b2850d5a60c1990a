import { type Approval, type ApprovalStore, type Caller, type Facts, type Outcome, subjectEntity } from '@lockstep/core'
import { isApprovalId } from './approval-id.ts'
import { type ApproverRule, askableBy } from './approver-rule.ts'
import { askPort } from './ask-port.ts'
import { deny } from './deny.ts'
import { isOwnConsent } from './own-consent.ts'

/** What a caller may see. */
export interface SeenApprovals {
  /** The caller's own requests, the newest first. */
  readonly requested: readonly Approval[]
  /** What waits for the caller's consent, the oldest first. */
  readonly waiting: readonly Approval[]
}

/** What looking needs. */
export interface SeeOptions {
  readonly store: ApprovalStore
  readonly approvers: readonly ApproverRule[]
}

/**
 * Looks for one request: for who made it, through the same actor or in person, and for those who are asked or who answered.
 *
 * INVARIANT: an id that is guessed, unknown or of others is answered alike, after the same questions to the store.
 */
export async function seeApproval(
  { store, approvers }: SeeOptions,
  caller: Caller,
  facts: Facts,
  id: string,
  inPerson = false,
): Promise<Outcome<Approval>> {
  const keys = askableBy(approvers, subjectEntity(caller), facts)
  const approval = isApprovalId(id) ? await askPort('state.unavailable', () => store.get(id)) : undefined
  const isSeen = approval && (isRequester(approval, caller, inPerson) || isAsked(approval, caller, keys))
  return isSeen ? { ok: true, value: approval } : deny({ code: 'gateway.path-unknown' })
}

/** Lists a caller's own requests, and those that wait for them. */
export async function seeApprovals(
  { store, approvers }: SeeOptions,
  caller: Caller,
  facts: Facts,
): Promise<SeenApprovals> {
  const { issuer, id: subject } = caller.subject
  const keys = askableBy(approvers, subjectEntity(caller), facts)
  const [requested, waiting] = await askPort('state.unavailable', () =>
    Promise.all([store.requestedBy({ issuer, subject, actor: caller.actor.id }), store.waitingFor(keys)]),
  )
  const open = waiting.filter(
    (one) => !isOwnConsent(one, caller) && !one.consents.some((consent) => consent.subject === subject),
  )
  return { requested, waiting: open }
}

function isRequester({ issuer, subject, actor }: Approval, caller: Caller, inPerson: boolean): boolean {
  const isSubject = caller.subject.issuer === issuer && caller.subject.id === subject
  return isSubject && (inPerson || caller.actor.id === actor)
}

function isAsked(approval: Approval, caller: Caller, keys: readonly string[]): boolean {
  if (isOwnConsent(approval, caller)) return false
  const answered = [...approval.consents, ...(approval.ended?.by ? [approval.ended.by] : [])]
  const { issuer, id } = caller.subject
  const hasAnswered = answered.some((one) => one.issuer === issuer && one.subject === id)
  return hasAnswered || approval.asked.some((key) => keys.includes(key))
}
