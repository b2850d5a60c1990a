import {
  type AuthorizedCall,
  type Clock,
  type Denial,
  isLockstepError,
  type Outcome,
  type SpendingReservation,
  type SpendingStore,
} from '@lockstep/core'
import { askPort } from './ask-port.ts'
import type { CallLifecycle } from './call-lifecycle.ts'
import type { Approvals } from './create-approvals.ts'
import { deny } from './deny.ts'

/** Uses up something that a call rests on, as its transaction token. Resolves to a denial when it was used before. */
export type Consume = () => Promise<Denial | undefined>

/** A call that everything permits, before anything was used up. */
export interface Permission {
  /** Sealed, and not open yet: its clients refuse until it is committed. */
  readonly call: AuthorizedCall
  /**
   * Uses up what the call rests on, once: first what it spends is reserved, then what `consume` names is used, in its order, then the approval;
   * then the call is open. The first denial ends it, and nothing after it is used. What was used stays used; what was reserved is given back.
   *
   * Where another call spent in between, this one is decided on again, so what is opened, and what is denied, may not be what was
   * permitted at first. The id is the same. `invocation.in-progress` when others come first again and again.
   */
  commit(consume?: readonly Consume[]): Promise<Outcome<AuthorizedCall>>
  /** Opens the call without using anything up, to observe it. */
  open(): AuthorizedCall
  /** The call has ended, whatever came of it: what it reserved is spent. Rejects when that cannot be kept; it counts all the same. */
  settle(): Promise<void>
  /** The call provably did not run: what it reserved is given back. Where that cannot be kept it counts until an operator resolves it. */
  release(): Promise<void>
}

/** What a call spends. */
export interface SpendingOfCall {
  readonly store: SpendingStore
  readonly reservation: SpendingReservation
  /** Decides again, on what was spent by now. `undefined` when that was done often enough. */
  decideAgain(
    commit: (again: Outcome<Permission>) => Promise<Outcome<AuthorizedCall>>,
  ): Promise<Outcome<AuthorizedCall>> | undefined
}

/** What a commit needs. */
export interface PermitCallOptions {
  readonly lifecycle: CallLifecycle
  readonly clock: Clock
  readonly approvals?: Approvals | undefined
}

/** With the seconds after which it makes sense to ask again. */
const BUSY: Denial = { code: 'invocation.in-progress', retryAfter: 1 }

/** Wraps a sealed call so that it opens only after everything it rests on was used up. */
export function permitCall(
  { lifecycle, clock, approvals }: PermitCallOptions,
  call: AuthorizedCall,
  spending?: SpendingOfCall | undefined,
): Permission {
  let committed = false
  /** Who holds what is reserved: this permission, or the one that was decided on again. */
  let held: Pick<Permission, 'settle' | 'release'> | undefined

  const useUp = async (consume: readonly Consume[]): Promise<Denial | undefined> => {
    for (const use of consume) {
      const denial = await askPort('state.unavailable', use)
      if (denial) return denial
    }
    // INVARIANT: the approval comes last: whatever fails before leaves it unused, for the same call again.
    if (!call.approval) return undefined
    const used = approvals && (await approvals.use(call.approval.id))
    return used ? undefined : { code: 'invocation.approval-invalid' }
  }

  /** INVARIANT: reserved before anything is used up, because this alone can be given back. */
  const reserve = async ({ store, reservation }: SpendingOfCall): Promise<boolean> => {
    const taken = await askPort('state.unavailable', () => store.reserve(reservation))
    if (taken !== true) return false
    held = {
      settle: () => askPort('state.unavailable', () => store.settle(call.id)),
      release: () => askPort('state.unavailable', () => store.release(reservation)),
    }
    return true
  }

  const again = async (spent: SpendingOfCall, consume: readonly Consume[]): Promise<Outcome<AuthorizedCall>> =>
    (await spent.decideAgain(async (outcome) => {
      if (!outcome.ok) return outcome
      held = outcome.value
      return outcome.value.commit(consume)
    })) ?? deny(BUSY)

  const commit = async (consume: readonly Consume[]): Promise<Outcome<AuthorizedCall>> => {
    if (spending && !(await reserve(spending))) return again(spending, consume)
    const denial = await useUp(consume).catch(async (error: unknown) => {
      await giveBack()
      throw error
    })
    if (denial) {
      await giveBack()
      return deny(denial)
    }
    lifecycle.open(call)
    return { ok: true, value: call }
  }

  // What cannot be given back now counts until an operator says otherwise.
  const giveBack = async () => held?.release().catch(() => undefined)

  return {
    call,
    async commit(consume = []) {
      if (committed || clock() >= call.deadline) return deny({ code: 'invocation.call-closed' })
      committed = true
      try {
        return await commit(consume)
      } catch (error) {
        if (isLockstepError(error)) return deny({ code: error.code })
        throw error
      }
    },
    open() {
      lifecycle.open(call)
      return call
    },
    settle: async () => held?.settle(),
    release: async () => giveBack(),
  }
}
