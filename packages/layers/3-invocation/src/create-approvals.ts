import { randomBytes } from 'node:crypto'
import {
  type Approval,
  type ApprovalStore,
  type Caller,
  type Clock,
  type Facts,
  isLockstepError,
  type Outcome,
  refuseUnknownOptions,
  type Seal,
  type SingleUseStore,
  type Subject,
  standingUnder,
} from '@lockstep/core'
import { type BoundCall, bindApproval } from './approval-binding.ts'
import type { ApproverRule } from './approver-rule.ts'
import { askPort } from './ask-port.ts'
import { deny } from './deny.ts'
import { type JudgeApproverOptions, judgeApprover } from './judge-approver.ts'
import { isOwnConsent } from './own-consent.ts'

/** What approvals need. */
export interface ApprovalsOptions extends JudgeApproverOptions {
  readonly store: ApprovalStore
  /** Whether somebody was revoked since they consented. */
  readonly isRevoked: SingleUseStore['isRevoked']
  readonly isCaller: Seal<Caller>['isSealed']
  readonly clock: Clock
  /** How long a request waits, and consent counts, in milliseconds from the request. @defaultValue 600000 */
  readonly lifetime?: number | undefined
}

/** A second person's consent to one exact call, with that person's relationships as they are now. */
export interface Consent {
  readonly id: string
  readonly approver: Subject
  readonly facts: Facts
}

/** Second persons' consent. Its methods reject with a LockstepError when a port fails; `approve` answers with its code. */
export interface Approvals {
  readonly approvers: ApproverRule
  /** Asks for consent to this call; a request or a consent that stands for the same call is returned instead. */
  request(bound: BoundCall): Promise<Approval>
  /** The unused consent to exactly this call. That of a person who was revoked since counts no more, and is used up so that another can be asked. */
  find(bound: BoundCall): Promise<Consent | undefined>
  /** Uses a consent up. Resolves to false when it was used, or expired, in the meantime; of several racers one wins. */
  use(id: string): Promise<boolean>
  /**
   * Records the consent of `approver`, with `facts` about them, to the request `id`. Denials: `invocation.approval-invalid` for
   * a request that is not there, does not wait or no longer fits what is stored and the policy in force;
   * `invocation.approval-self`; `invocation.approval-refused` when the policy does not accept this person.
   */
  approve(approver: Caller, facts: Facts, id: string): Promise<Outcome<Approval>>
}

const OPTIONS = [
  'store',
  'approvers',
  'factsOf',
  'point',
  'tools',
  'resources',
  'isRevoked',
  'isCaller',
  'clock',
  'lifetime',
]

/** Creates the approvals of one Lockstep instance. Throws `TypeError` for misused options. */
export function createApprovals(options: ApprovalsOptions): Approvals {
  checkOptions(options)
  const { store, approvers, factsOf, isRevoked, isCaller, clock, lifetime = 600_000 } = options

  const approve = async (approver: Caller, facts: Facts, id: string): Promise<Outcome<Approval>> => {
    // attacker-controlled: anybody may send any text as an id.
    if (typeof id !== 'string' || !ID.test(id)) return deny({ code: 'invocation.approval-invalid' })
    const approval = await askPort('state.unavailable', () => store.get(id))
    if (approval?.state !== 'pending' || approval.expiresAt <= clock()) {
      return deny({ code: 'invocation.approval-invalid' })
    }
    if (isOwnConsent(approval, approver)) return deny({ code: 'invocation.approval-self' })
    const code = await judgeApprover(options, approval, approver, facts)
    if (code) return deny({ code })
    const by = { issuer: approver.subject.issuer, subject: approver.subject.id }
    const recorded = await askPort('state.unavailable', () => store.approve(id, by))
    if (recorded !== true) return deny({ code: 'invocation.approval-invalid' })
    return { ok: true, value: { ...approval, state: 'approved', approver: { ...by, at: clock() } } }
  }

  return {
    approvers,
    request({ subject, actor, call, resource, ...rest }) {
      const now = Math.floor(clock())
      return askPort('state.unavailable', () =>
        store.request({
          id: randomBytes(24).toString('base64url'),
          binding: bindApproval({ subject, actor, call, resource, ...rest }),
          issuer: subject.issuer,
          subject: subject.id,
          actor: actor.id,
          tool: call.tool,
          resource: { type: resource.type, id: resource.id },
          requestedAt: now,
          expiresAt: now + lifetime,
        }),
      )
    },
    async find(bound) {
      const binding = bindApproval(bound)
      const found = await askPort('state.unavailable', () => store.findApproved(binding))
      if (!found?.approver || found.binding !== binding || found.expiresAt <= clock()) return undefined
      const approver = { issuer: found.approver.issuer, id: found.approver.subject }
      const standing = standingUnder(found.approver.at / 1000, [{ subject: approver }])
      if (await askPort('state.unavailable', () => isRevoked(standing))) {
        await askPort('state.unavailable', () => store.use(found.id))
        return undefined
      }
      const facts = await askPort('policy.facts-unavailable', () => factsOf(approver))
      return { id: found.id, approver, facts }
    },
    use: async (id) => (await askPort('state.unavailable', () => store.use(id))) === true,
    async approve(approver, facts, id) {
      if (!isCaller(approver)) throw new TypeError('expected a sealed Caller from the gateway')
      try {
        return await approve(approver, facts, id)
      } catch (error) {
        if (isLockstepError(error)) return deny({ code: error.code })
        throw error
      }
    },
  }
}

/** 24 random bytes in base64url. */
const ID = /^[A-Za-z0-9_-]{32}$/

function checkOptions(options: ApprovalsOptions): void {
  refuseUnknownOptions(options, OPTIONS, 'createApprovals')
  refuseUnknownOptions(options.approvers, ['relation', 'of'], 'createApprovals.approvers')
  const { approvers, lifetime = 1 } = options
  if (![approvers.relation, approvers.of].every((name) => typeof name === 'string' && name !== '')) {
    throw new TypeError('`approvers.relation` and `approvers.of` must be names of attributes')
  }
  if (!Number.isSafeInteger(lifetime) || lifetime < 1)
    throw new TypeError('`lifetime` must be whole milliseconds above 0')
}
