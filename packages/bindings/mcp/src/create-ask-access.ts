import {
  type AskRead,
  type AskWrite,
  type AuthorizedCall,
  type ContextMemberName,
  callContext,
  type DecisionPoint,
  LockstepError,
  type OpenDecision,
  residualForBoth,
} from '@lockstep/core'

/** What was asked in the course of one call, under one version of the policy. */
interface Asked {
  readonly version: string
  readonly decisions: Map<string, OpenDecision>
}

/** What the execution layer asks. */
export interface AskAccess {
  readonly askRead: AskRead
  readonly askWrite: AskWrite
}

/**
 * Creates the execution layer's questions: reading and writing are asked of the same policy, with the tool as intent and the column still open.
 * Each is asked once for each call, entity type and version of the policy.
 */
export function createAskAccess(point: DecisionPoint): AskAccess {
  const byCall = new WeakMap<AuthorizedCall, Asked>()
  const ask = (call: AuthorizedCall, entityType: string, action: string): OpenDecision => {
    // INVARIANT: a policy that changes, or is revoked, in the course of a call counts from the next statement on.
    const { version } = point
    const before = byCall.get(call)
    const asked = before?.version === version ? before : { version, decisions: new Map<string, OpenDecision>() }
    if (asked !== before) byCall.set(call, asked)
    const key = `${action} ${entityType}`
    const known = asked.decisions.get(key)
    if (known) return known
    const decision = residualForBoth(point, call.caller, {
      action,
      resource: { type: entityType },
      context: callContext(call.caller, call.tool),
      unknownContext: ['field', 'form'] satisfies readonly ContextMemberName[],
      facts: call.facts,
    })
    asked.decisions.set(key, decision)
    return decision
  }
  return {
    askRead: (call, entityType) => ask(call, entityType, 'read'),
    askWrite(call, entityType, action) {
      // a schema that does not speak of writing an entity permits nobody to write it
      if (point.contextOf(action).resources?.has(entityType)) return ask(call, entityType, action)
      throw new LockstepError('execution.write-denied')
    },
  }
}
