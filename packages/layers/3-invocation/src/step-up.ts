import {
  type AuthorizedCall,
  type Decision,
  type DeclaredSignIns,
  LockstepError,
  type Outcome,
  subjectEntity,
} from '@lockstep/core'
import type { BoundCall } from './approval-binding.ts'
import { mayApprove } from './approver-rule.ts'
import type { Approvals } from './create-approvals.ts'
import type { AskCall, Assumption } from './decide-call.ts'
import { demandedFactors } from './demanded-factors.ts'
import { deny } from './deny.ts'
import { isOwnConsent } from './own-consent.ts'

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
  const factors = demandedFactors({ acrValues, maxAges, approvers: approvals?.approvers, fulfills }, ask)
  // INVARIANT: a demand would tell that there is such a resource, so whoever may not view it is answered as if there were none.
  if (!factors || !maySee(ask)) return deny(plain)
  const { approval: _, ...signIn } = factors
  if (signIn.acr !== undefined || signIn.maxAge !== undefined) return deny({ ...plain, unlock: signIn })
  if (!approvals) return deny(plain)
  return settleApproval(approvals, ask, decision)
}

async function settleApproval(
  approvals: Approvals,
  ask: AskCall,
  { policyVersion, ...refused }: Extract<Decision, { effect: 'deny' }>,
): Promise<Outcome<Settled>> {
  const decision = { ...refused, policyVersion }
  const { subject, actor } = ask.caller
  const bound: BoundCall = { subject, actor, call: ask.call, resource: ask.resource, policyVersion }
  const consent = await approvals.find(bound)
  if (!consent) {
    const { id } = await approvals.request(bound)
    return deny({ code: 'invocation.approval-required', decision, unlock: { approval: { id } } })
  }

  const { approver, facts } = consent
  const by = subjectEntity({ subject: approver })
  const own = isOwnConsent({ subject: subject.id, actor: actor.id }, { subject: approver })
  if (own || !mayApprove(approvals.approvers, by, facts, ask.resource)) {
    return deny({ code: 'invocation.approval-refused', decision })
  }
  const assumption = { approval: { by, facts } }
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
  return { ok: true, value: { decision: approved, assumption, approval: { id: consent.id, approver } } }
}
