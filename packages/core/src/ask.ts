import type { EntityRef, Value } from './entity.ts'
import type { Caller } from './flow.ts'

/** The subject as the policy names it: `User::"<sub>"`, the token's claim as it stands. */
export function subjectEntity(caller: Caller): EntityRef {
  return { type: 'User', id: caller.subject.id }
}

/** The actor as the policy names it: `Agent::"<act.sub>"`. */
export function actorEntity(caller: Caller): EntityRef {
  return { type: 'Agent', id: caller.actor.id }
}

/**
 * The context members that every question about a call carries: what the call is for (`intent`, the tool's name), through
 * which `actor`, with which `proof` of possession, and every acr that the sign-in satisfies (`acr`).
 */
export function callContext(caller: Caller, intent: string): Readonly<Record<string, Value>> {
  return {
    intent,
    actor: { entity: actorEntity(caller) },
    proof: caller.proof.kind,
    acr: { set: caller.assurance.satisfied },
  }
}
