import {
  type AskRead,
  type AuthorizedCall,
  type ContextMemberName,
  callContext,
  type DecisionPoint,
  type OpenDecision,
  residualForBoth,
} from '@lockstep/core'

/** What was asked in the course of one call, under one version of the policy. */
interface Asked {
  readonly version: string
  readonly decisions: Map<string, OpenDecision>
}

/**
 * Creates the execution layer's question: reading is asked of the same policy, with the tool as intent and the column still open. It is asked
 * once for each call, entity type and version of the policy.
 */
export function createAskRead(point: DecisionPoint): AskRead {
  const byCall = new WeakMap<AuthorizedCall, Asked>()
  return (call, entityType) => {
    // INVARIANT: a policy that changes, or is revoked, in the course of a call counts from the next statement on.
    const { version } = point
    const before = byCall.get(call)
    const asked = before?.version === version ? before : { version, decisions: new Map<string, OpenDecision>() }
    if (asked !== before) byCall.set(call, asked)
    const known = asked.decisions.get(entityType)
    if (known) return known
    const decision = residualForBoth(point, call.caller, {
      action: 'read',
      resource: { type: entityType },
      context: callContext(call.caller, call.tool),
      unknownContext: ['field', 'form'] satisfies readonly ContextMemberName[],
      facts: call.facts,
    })
    asked.decisions.set(entityType, decision)
    return decision
  }
}
