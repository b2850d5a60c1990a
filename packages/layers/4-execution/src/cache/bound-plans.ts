import type { AuthorizedCall } from '@lockstep/core'
import type { RelationScopes } from '../policy/relation-scopes.ts'
import type { BoundPlan } from './bind-plan.ts'
import type { KnownStep } from './statement-memory.ts'

/** The bound plans of one call; a call that sends more different statements starts over. */
const MOST_PLANS = 200

/** Remembers, as long as a call is there, what its statements came to. */
export interface BoundPlans {
  /** The plan of a statement whose tables are decided as they were. Throws what asking throws. */
  find(call: AuthorizedCall, known: KnownStep): BoundPlan | undefined
  keep(call: AuthorizedCall, known: KnownStep, plan: BoundPlan): void
}

/** Creates the memory of bound plans. The policy is asked about every table of every statement: this saves what follows from its answers. */
export function createBoundPlans(decide: RelationScopes['decide']): BoundPlans {
  const byCall = new WeakMap<AuthorizedCall, Map<KnownStep, BoundPlan>>()
  return {
    find(call, known) {
      const plan = byCall.get(call)?.get(known)
      if (!plan) return undefined
      // INVARIANT: one decision that changed makes the plan another one.
      const isAsBefore = plan.relations.every(({ table, access, decision }) => decide(call, table, access) === decision)
      return isAsBefore ? plan : undefined
    },
    keep(call, known, plan) {
      const plans = byCall.get(call) ?? new Map<KnownStep, BoundPlan>()
      if (plans.size >= MOST_PLANS) plans.clear()
      byCall.set(call, plans.set(known, plan))
    },
  }
}
