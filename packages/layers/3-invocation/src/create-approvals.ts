import { randomBytes } from 'node:crypto'
import {
  type Approval,
  type ApprovalNeed,
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
  type ToolCall,
} from '@lockstep/core'
import { createAnswers } from './answer-request.ts'
import { type BoundCall, bindApproval } from './approval-binding.ts'
import { type ApproverRule, askedOf } from './approver-rule.ts'
import { askPort } from './ask-port.ts'
import { deny } from './deny.ts'
import type { JudgeApproverOptions } from './judge-approver.ts'
import { type KeptApproval, keptApprovals } from './kept-approvals.ts'
import { type SeenApprovals, seeApproval, seeApprovals } from './see-approvals.ts'
import { showMembers } from './show-members.ts'

/** What approvals need. */
export interface ApprovalsOptions extends JudgeApproverOptions {
  readonly store: ApprovalStore
  /** Whether somebody was revoked since they consented. */
  readonly isRevoked: SingleUseStore['isRevoked']
  readonly isCaller: Seal<Caller>['isSealed']
  readonly clock: Clock
  /** How long a request waits, and consent counts, in milliseconds from the request; a denial stays as long. @defaultValue 600000 */
  readonly lifetime?: number | undefined
  /** How many requests wait at once: of one subject through one actor, and of everybody asking the same people. @defaultValue 20 and 200 */
  readonly waiting?: { readonly caller?: number | undefined; readonly asked?: number | undefined } | undefined
  /** Counts a new request; resolves to the milliseconds until another may be made, or 0. @defaultValue not counted */
  readonly meter?: ((caller: Pick<Caller, 'subject' | 'actor'>) => Promise<number>) | undefined
  /** Whether the outbox is to tell of what happens. @defaultValue false */
  readonly notify?: boolean | undefined
}

/** A call that other people are asked about. */
export interface RequestedCall extends BoundCall {
  readonly actor: { readonly id: string; readonly chain: readonly string[] }
  readonly call: ToolCall
  /** How many people of which relations must consent. */
  readonly needed: readonly ApprovalNeed[]
}

/** One person whose consent stands, with their relationships as they are now. */
export interface Consenter {
  readonly subject: Subject
  /** The actor through whom they consented. */
  readonly actor: string
  readonly facts: Facts
}

/** What stands for a call: somebody denied it, not everybody has consented yet, or they all have. */
export type StandingApproval =
  | { readonly state: 'denied' | 'pending'; readonly id: string }
  | { readonly state: 'approved'; readonly id: string; readonly consents: readonly Consenter[] }

/** Other people's consent. Its methods reject with a LockstepError when a port fails; those that answer somebody do with its code. */
export interface Approvals {
  readonly approvers: readonly ApproverRule[]
  /**
   * Asks for consent to this call; what stands for the same call is returned instead. Denials: `gateway.rate-limited` where as many wait as may, or
   * too many were made.
   */
  request(asked: RequestedCall): Promise<Outcome<Approval>>
  /**
   * What stands for exactly this call, as far as it is for as many people as are needed. Consent of which somebody was revoked since is withdrawn, so
   * that others can be asked.
   */
  find(bound: BoundCall, needed: readonly ApprovalNeed[]): Promise<StandingApproval | undefined>
  /** The consent of this id, for the work that goes on after the call that it is used for. */
  recall(id: string): Promise<KeptApproval | undefined>
  /** What counts, and who is asked, for work that goes on after a call. See `keptApprovals`. */
  after(kept: KeptApproval | undefined): Approvals
  /** Uses a consent up. Resolves to false when it was used, taken back, or expired, in the meantime; of several racers one wins. */
  use(id: string): Promise<boolean>
  /**
   * Records the consent of `approver`, with `facts` about them, to the request `id`. Denials: `invocation.approval-invalid`, the same for
   * a request that is not there, is for others, does not wait or no longer fits what is stored and the policy in force;
   * `invocation.approval-self`; `invocation.approval-refused` when the policy does not accept this person, or enough of their relation consented.
   */
  approve(approver: Caller, facts: Facts, id: string): Promise<Outcome<Approval>>
  /** Denies the request `id` for as long as it lives, though it was consented to. Denials: as for `approve`. */
  deny(approver: Caller, facts: Facts, id: string): Promise<Outcome<Approval>>
  /** Takes the unused request `id` back: for who made it, through the same actor, and for who consented. Denials: `invocation.approval-invalid`. */
  withdraw(caller: Caller, id: string): Promise<Outcome<Approval>>
  /** One request, for who made it (through the same actor, or `inPerson`: somebody for whom no actor speaks) and for those who are or were asked. Denials: `gateway.path-unknown`, whatever the reason. */
  see(caller: Caller, facts: Facts, id: string, inPerson?: boolean): Promise<Outcome<Approval>>
  /** The caller's own requests, and those that wait for them. */
  list(caller: Caller, facts: Facts): Promise<SeenApprovals>
}

const OPTIONS = [
  ...['store', 'approvers', 'factsOf', 'point', 'tools', 'resources', 'isRevoked', 'isCaller', 'clock', 'lifetime'],
  ...['waiting', 'meter', 'notify'],
]
const DEFAULT_LIFETIME_MS = 600_000
/** What is told to who may not ask now: how long the people who are asked take is not known. */
const RETRY_SECONDS = 60

/** Creates the approvals of one Lockstep instance. Throws `TypeError` for misused options. */
export function createApprovals(options: ApprovalsOptions): Approvals {
  checkOptions(options)
  const { store, approvers, tools, factsOf, isRevoked, isCaller, clock, meter, notify = false } = options
  const { lifetime = DEFAULT_LIFETIME_MS, waiting: { caller = 20, asked = 200 } = {} } = options
  const answers = createAnswers({ ...options, lifetime })

  const isStanding = async ({ subject, actor, at }: { subject: Subject; actor: string; at: number }) =>
    !(await askPort('state.unavailable', () => isRevoked(standingUnder(at / 1000, [{ subject }, { actor }]))))

  /** Those who consented, as they are now; `undefined` when one of them was revoked since. */
  const judged = async (consents: Approval['consents']): Promise<readonly Consenter[] | undefined> => {
    const people: Consenter[] = []
    for (const { issuer, subject: id, actor, at } of consents) {
      const subject = { issuer, id }
      if (!(await isStanding({ subject, actor, at }))) return undefined
      people.push({ subject, actor, facts: await askPort('policy.facts-unavailable', () => factsOf(subject)) })
    }
    return people
  }

  const answered =
    <A extends readonly unknown[], T>(answer: (caller: Caller, ...rest: A) => Promise<Outcome<T>>) =>
    async (caller: Caller, ...rest: A): Promise<Outcome<T>> => {
      if (!isCaller(caller)) throw new TypeError('expected a sealed Caller from the gateway')
      try {
        return await answer(caller, ...rest)
      } catch (error) {
        if (isLockstepError(error)) return deny({ code: error.code })
        throw error
      }
    }

  const approvals: Approvals = {
    approvers,
    async recall(id) {
      const found = await askPort('state.unavailable', () => store.get(id))
      return found && { id, binding: found.binding, consents: found.consents }
    },
    after: (kept) => keptApprovals(approvals, kept, judged),
    async request({ subject, actor, call, resource, needed, policyVersion }) {
      const wait = (await meter?.({ subject, actor: { ...actor, basis: 'asserted' } })) ?? 0
      if (wait > 0) return deny({ code: 'gateway.rate-limited', retryAfter: Math.ceil(wait / 1000) })
      const now = Math.floor(clock())
      const shows = Object.hasOwn(tools, call.tool) ? (tools[call.tool]?.shows ?? []) : []
      const relations = needed.map(({ relation }) => relation)
      const made = await askPort('state.unavailable', () =>
        store.request(
          {
            id: randomBytes(24).toString('base64url'),
            binding: bindApproval({ subject, actor, call, resource, policyVersion }),
            issuer: subject.issuer,
            subject: subject.id,
            actor: actor.id,
            chain: actor.chain,
            tool: call.tool,
            resource: { type: resource.type, id: resource.id },
            needed,
            asked: askedOf(
              approvers.filter(({ relation }) => relations.includes(relation)),
              resource,
            ),
            shown: showMembers(shows, { resource, given: call.arguments }),
            requestedAt: now,
            expiresAt: now + lifetime,
          },
          { caller, asked, notify },
        ),
      )
      return made ? { ok: true, value: made } : deny({ code: 'gateway.rate-limited', retryAfter: RETRY_SECONDS })
    },
    async find(bound, needed) {
      const binding = bindApproval(bound)
      const found = await askPort('state.unavailable', () => store.standing(binding))
      if (found?.binding !== binding || found.expiresAt <= clock()) return undefined
      const { id, state } = found
      if (state === 'denied') return { state, id }
      if (state !== 'pending' && state !== 'approved') return undefined
      const isEnough = sameNeeds(found.needed, needed)
      if (isEnough && state === 'pending') return { state, id }
      const consents = isEnough ? await judged(found.consents) : undefined
      if (consents) return { state: 'approved', id, consents }
      await askPort('state.unavailable', () => store.withdraw(id))
      return undefined
    },
    use: async (id) => (await askPort('state.unavailable', () => store.use(id))) === true,
    approve: answered(answers.approve),
    deny: answered(answers.deny),
    withdraw: answered(answers.withdraw),
    see: answered((caller, facts: Facts, id: string, inPerson?: boolean) =>
      seeApproval(options, caller, facts, id, inPerson),
    ),
    list: (caller, facts) => {
      if (!isCaller(caller)) throw new TypeError('expected a sealed Caller from the gateway')
      return seeApprovals(options, caller, facts)
    },
  }
  return approvals
}

function sameNeeds(one: readonly ApprovalNeed[], other: readonly ApprovalNeed[]): boolean {
  const text = (needed: readonly ApprovalNeed[]) =>
    JSON.stringify(needed.map(({ relation, of, count }) => [relation, of, count]))
  return text(one) === text(other)
}

/** Names of more relations than these make the number of questions about one denial too large. */
const MOST_RULES = 3

function checkOptions(options: ApprovalsOptions): void {
  refuseUnknownOptions(options, OPTIONS, 'createApprovals')
  const { approvers, lifetime = 1, waiting: { caller = 1, asked = 1 } = {} } = options
  for (const rule of approvers) {
    refuseUnknownOptions(rule, ['relation', 'of'], 'createApprovals.approvers')
    if (![rule.relation, rule.of].every((name) => typeof name === 'string' && name !== '')) {
      throw new TypeError('`approvers.relation` and `approvers.of` must be names of attributes')
    }
  }
  const relations = new Set(approvers.map(({ relation }) => relation))
  if (relations.size !== approvers.length || relations.size < 1 || relations.size > MOST_RULES) {
    throw new TypeError(`\`approvers\` must be 1 to ${MOST_RULES} rules, each of another relation`)
  }
  for (const [name, value] of Object.entries({ lifetime, 'waiting.caller': caller, 'waiting.asked': asked })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`\`${name}\` must be a whole number above 0`)
  }
}
