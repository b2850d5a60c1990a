import { type AuthorizedCall, type Clock, type Denial, isLockstepError, type Outcome } from '@lockstep/core'
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
   * Uses up what the call rests on, once: first what `consume` names, in its order, then the approval; then the call is open. The
   * first denial ends it, and nothing after it is used. What was used stays used.
   */
  commit(consume?: readonly Consume[]): Promise<Outcome<AuthorizedCall>>
}

/** What a commit needs. */
export interface PermitCallOptions {
  readonly lifecycle: CallLifecycle
  readonly clock: Clock
  readonly approvals?: Approvals | undefined
}

/** Wraps a sealed call so that it opens only after everything it rests on was used up. */
export function permitCall({ lifecycle, clock, approvals }: PermitCallOptions, call: AuthorizedCall): Permission {
  let committed = false

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

  return {
    call,
    async commit(consume = []) {
      if (committed || clock() >= call.deadline) return deny({ code: 'invocation.call-closed' })
      committed = true
      try {
        const denial = await useUp(consume)
        if (denial) return deny(denial)
      } catch (error) {
        if (isLockstepError(error)) return deny({ code: error.code })
        throw error
      }
      lifecycle.open(call)
      return { ok: true, value: call }
    },
  }
}
