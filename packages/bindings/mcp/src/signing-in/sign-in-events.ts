import {
  type Caller,
  type Denial,
  type HistoryStore,
  type SingleUseStore,
  type Standing,
  type Subject,
  standingUnder,
} from '@lockstep/core'
import { callBinding, type RoundCall } from '../elicitation/call-binding.ts'
import { PAGES_ACTOR } from '../pages/page-paths.ts'
import type { SignInRequest } from './sign-in-request.ts'

/** That a person signed in on a page, for one call of theirs. */
export interface SignInEvent {
  /** That of the request: one address is good for one call. */
  readonly id: string
  /** What the issuer said that the sign-in reached. */
  readonly acr?: string
  /** When the issuer said that it was; seconds since the epoch. */
  readonly authenticatedAt?: number
  /** When the person came back from there; milliseconds since the epoch, as below. */
  readonly at: number
  /** Until when it counts. */
  readonly expiresAt: number
}

/** Keeps sign-ins for calls, for all instances that share the state. */
export interface SignInEvents {
  /** Keeps one. Durable when it resolves. */
  record(request: SignInRequest, event: SignInEvent): Promise<void>
  /** The latest for this very call that was neither used nor is too old, and that nothing was revoked under since. */
  find(caller: Caller, call: RoundCall): Promise<SignInEvent | undefined>
  /** Uses one up. Resolves to false when it was used before, or what it stands under was revoked. */
  use(caller: Caller, event: SignInEvent): Promise<boolean>
}

/** What `createSignInEvents` needs. */
export interface SignInEventsOptions {
  readonly history: HistoryStore
  readonly singleUse: SingleUseStore
  readonly policyVersion: () => string
}

/**
 * Creates the sign-ins of one instance. They are what a call was given before, under a name that is no actor's: the digest of the call, which names its
 * subject, actor, key, tool, arguments and policy. So nothing else ever finds them.
 */
export function createSignInEvents({ history, singleUse, policyVersion }: SignInEventsOptions): SignInEvents {
  const keyOf = ({ issuer, id }: Subject, binding: string) => ({
    issuer,
    subject: id,
    actor: `urn:lockstep:sign-in:${binding}`,
  })
  const isSpent = async (caller: Caller, event: SignInEvent) =>
    (await singleUse.wasConsumed('txn', useId(event))) || singleUse.isRevoked(standingOf(caller, event))

  return {
    record: ({ issuer, subject, binding }, event) =>
      history.raise(keyOf({ issuer, id: subject }, binding), [JSON.stringify(event)], event.expiresAt),
    async find(caller, call) {
      const kept = await history.labels(keyOf(caller.subject, callBinding(caller, call, policyVersion())))
      // INVARIANT: only `record` writes under these names.
      const events = kept.map((label) => JSON.parse(label) as SignInEvent)
      for (const event of events.sort((one, other) => other.at - one.at))
        if (!(await isSpent(caller, event))) return event
      return undefined
    },
    async use(caller, event) {
      const { at: issuedAt, expiresAt } = event
      const use = { space: 'txn', id: useId(event), issuedAt, expiresAt, standing: standingOf(caller, event) } as const
      return (await singleUse.consume(use)) === 'consumed'
    },
  }
}

/** What is refused where a sign-in that counted when the call was decided on counts no more. */
export const SIGN_IN_SPENT: Denial = { code: 'invocation.denied' }

function useId({ id }: SignInEvent): string {
  return `sign-in:${id}`
}

/** Whoever took over the account, the agent or the pages before it was revoked signed in for nothing. */
function standingOf({ subject, actor }: Caller, { at }: SignInEvent): readonly Standing[] {
  return standingUnder(at / 1000, [{ subject }, { actor: actor.id }, { actor: PAGES_ACTOR }])
}
