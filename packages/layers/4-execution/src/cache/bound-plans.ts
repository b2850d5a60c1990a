import type { AskRead, AuthorizedCall } from '@lockstep/core'
import type { BoundPlan } from './bind-plan.ts'
import type { KnownStep } from './statement-memory.ts'

/** The bound plans of one call; a call that sends more different statements starts over. */
const MOST_PLANS = 200

/** Remembers, as long as a call is there, what its statements came to. */
export interface BoundPlans {
  /** The plan of a statement whose tables are decided as they were. Throws what `askRead` throws. */
  find(call: AuthorizedCall, known: KnownStep): BoundPlan | undefined
  keep(call: AuthorizedCall, known: KnownStep, plan: BoundPlan): void
}

/** Creates the memory of bound plans. The policy is asked about every table of every statement: this saves what follows from its answers. */
export function createBoundPlans(askRead: AskRead): BoundPlans {
  const byCall = new WeakMap<AuthorizedCall, Map<KnownStep, BoundPlan>>()
  return {
    find(call, known) {
      const plan = byCall.get(call)?.get(known)
      if (!plan) return undefined
      // INVARIANT: one decision that changed makes the plan another one.
      for (const { table, decision } of plan.relations) if (askRead(call, table.entity) !== decision) return undefined
      return plan
    },
    keep(call, known, plan) {
      const plans = byCall.get(call) ?? new Map<KnownStep, BoundPlan>()
      if (plans.size >= MOST_PLANS) plans.clear()
      byCall.set(call, plans.set(known, plan))
    },
  }
}
