import {
  type ApprovalNeed,
  type AuthorizedCall,
  type Decision,
  type DeclaredSignIns,
  LockstepError,
  type Outcome,
  subjectEntity,
} from '@lockstep/core'
import type { BoundCall } from './approval-binding.ts'
import { relationsTo } from './approver-rule.ts'
import type { Approvals, Consenter } from './create-approvals.ts'
import type { AskCall, Assumption } from './decide-call.ts'
import { demandedFactors } from './demanded-factors.ts'
import { deny } from './deny.ts'
import { matchConsents } from './match-consents.ts'
import { isOwnConsent } from './own-consent.ts'
import { sizeOf } from './possible-needs.ts'

type Permit = Extract<Decision, { effect: 'permit' }>

/** The declared factors, and what counts as a permit. */
export interface StepUpOptions extends DeclaredSignIns {
  readonly approvals?: Approvals | undefined
  /** Whether every obligation of a permit can be carried out. */
  readonly fulfills: (decision: Permit) => boolean
  /** Whether the subject may view what the call is about: of what they may not, nothing is demanded. */
  readonly maySee: (ask: AskCall) => boolean
}

/** A permit, and the consent that it rests on. */
export interface Settled {
  readonly decision: Permit
  /** What it was decided with beyond what is. */
  readonly assumption: Assumption
  readonly approval?: NonNullable<AuthorizedCall['approval']>
}

/**
 * Settles a decision: a permit stays; a denial is asked about again with the declared factors. A stronger or fresher sign-in is demanded
 * before an approval, with its acr and its age at once; where only an approval is missing, one that was given for exactly this call is decided with, else one is requested.
 * A denial that no factor flips stays as it is.
 *
 * @throws LockstepError when a port fails
 */
export async function stepUp(options: StepUpOptions, ask: AskCall, decision: Decision): Promise<Outcome<Settled>> {
  if (decision.effect === 'permit') return { ok: true, value: { decision, assumption: {} } }
  const plain = { code: decision.code, decision } as const
  // A fault is no denial by the policy: asking again with more would tell what the policy says about a broken question.
  if (decision.code !== 'invocation.denied') return deny(plain)

  const { acrValues, maxAges, approvals, fulfills, maySee } = options
  // INVARIANT: a demand would tell that there is such a resource, so whoever may not view it is answered as if there were none, and as soon.
  if (!maySee(ask)) return deny(plain)
  const factors = demandedFactors({ acrValues, maxAges, approvers: approvals?.approvers, fulfills }, ask)
  if (!factors) return deny(plain)
  const { needed, ...signIn } = factors
  if (signIn.acr !== undefined || signIn.maxAge !== undefined) return deny({ ...plain, unlock: signIn })
  if (!approvals) return deny(plain)
  return settleApproval(approvals, ask, needed, decision)
}

async function settleApproval(
  approvals: Approvals,
  ask: AskCall,
  needed: readonly ApprovalNeed[],
  { policyVersion, ...refused }: Extract<Decision, { effect: 'deny' }>,
): Promise<Outcome<Settled>> {
  const decision = { ...refused, policyVersion }
  const { subject, actor } = ask.caller
  const bound: BoundCall = { subject, actor, call: ask.call, resource: ask.resource, policyVersion }
  const standing = await approvals.find(bound, needed)
  if (standing?.state === 'denied') {
    return deny({ code: 'invocation.approval-denied', decision, unlock: { approval: { id: standing.id } } })
  }
  if (standing?.state !== 'approved') {
    const made = standing
      ? { ok: true as const, value: standing }
      : await approvals.request({ ...bound, actor, call: ask.call, needed })
    if (!made.ok) return deny({ ...made.denial, decision })
    const { id, state } = made.value
    const code = state === 'denied' ? 'invocation.approval-denied' : 'invocation.approval-required'
    return deny({ code, decision, unlock: { approval: { id } } })
  }

  const { id, consents } = standing
  if (!stillSuffices(approvals, ask, needed, consents)) return deny({ code: 'invocation.approval-refused', decision })
  const by = consents.map(({ subject, facts }) => ({ id: subject.id, facts }))
  const assumption = { approval: { by, needed } }
  const approved = ask.decide(assumption)
  if (approved.effect === 'deny') {
    return deny({
      code: approved.code === 'invocation.denied' ? 'invocation.approval-refused' : approved.code,
      decision: approved,
    })
  }
  // INVARIANT: consent counts under the policy that it was given under.
  if (approved.policyVersion !== policyVersion) {
    throw new LockstepError('policy.evaluation-failed', 'the policy changed while the call was decided on')
  }
  const approvers = consents.map(({ subject: approver }) => approver)
  return { ok: true, value: { decision: approved, assumption, approval: { id, approvers } } }
}

/** INVARIANT: everybody who consented is judged again by their relationships of now; nobody counts twice, and nobody for themselves. */
function stillSuffices(
  { approvers }: Approvals,
  { caller, resource }: AskCall,
  needed: readonly ApprovalNeed[],
  consents: readonly Consenter[],
): boolean {
  const requester = { subject: caller.subject.id, actor: caller.actor.id, chain: caller.actor.chain }
  const isOwn = consents.some(({ subject, actor }) =>
    isOwnConsent(requester, { subject, actor: { id: actor, chain: [] } }),
  )
  const relations = consents.map(({ subject, facts }) =>
    relationsTo(approvers, subjectEntity({ subject }), facts, resource),
  )
  const people = new Set(consents.map(({ subject }) => subject.id))
  return !isOwn && people.size === consents.length && matchConsents(needed, relations) === sizeOf(needed)
}
