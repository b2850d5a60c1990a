import { type Caller, isLockstepError, type Outcome, type Seal } from '@lockstep/core'
import { assessAssurance } from '@lockstep/gateway'
import type { Invocation, Permission } from '@lockstep/invocation'
import { SIGN_IN_SPENT, type SignInEvent, type SignInEvents } from './sign-in-events.ts'

/** What `withSignIns` needs. */
export interface WithSignInsOptions {
  readonly events: Pick<SignInEvents, 'find' | 'use'>
  /** The declared acr values, weakest first. */
  readonly acrValues: readonly string[]
  readonly seal: Seal<Caller>['seal']
}

/**
 * The same invocation, where a call that lacks a sign-in is decided on again, in full, with the one that its person made on a page for it. That takes the
 * place of what the access token says of a sign-in, all of it: strength and age are never of two different ones. It is used up with the call, first of all.
 */
export function withSignIns(invocation: Invocation, { events, acrValues, seal }: WithSignInsOptions): Invocation {
  const raise = (caller: Caller, { id, acr, authenticatedAt }: SignInEvent): Caller => {
    const stated = {
      acrValues: acr === undefined ? [] : [acr],
      ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
    }
    return seal({ ...caller, assurance: Object.freeze({ ...assessAssurance(stated, acrValues), page: id }) })
  }
  const usingUp = (permission: Permission, caller: Caller, event: SignInEvent): Permission => ({
    ...permission,
    commit: (consume = []) =>
      permission.commit([async () => ((await events.use(caller, event)) ? undefined : SIGN_IN_SPENT), ...consume]),
  })

  const authorize: Invocation['authorize'] = async (caller, facts, call, given) => {
    const outcome = await invocation.authorize(caller, facts, call, given)
    // What goes on after a call has a sign-in of its own, which nobody makes on a page.
    if (!lacksSignIn(outcome) || given.after || given.measured) return outcome
    const event = await events.find(caller, call)
    if (!event) return outcome
    const again = await invocation.authorize(raise(caller, event), facts, call, given)
    return again.ok ? { ok: true, value: usingUp(again.value, caller, event) } : again
  }

  return {
    wouldPermit: invocation.wouldPermit,
    async authorize(caller, facts, call, given) {
      try {
        return await authorize(caller, facts, call, given)
      } catch (error) {
        if (isLockstepError(error)) return { ok: false, denial: { code: error.code } }
        throw error
      }
    },
  }
}

function lacksSignIn(outcome: Outcome<unknown>): boolean {
  if (outcome.ok) return false
  const { acr, maxAge } = outcome.denial.unlock ?? {}
  return acr !== undefined || maxAge !== undefined
}
