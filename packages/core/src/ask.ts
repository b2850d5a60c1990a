import type { ContextMemberName } from './context-members.ts'
import type { EntityRef, Value } from './entity.ts'
import type { Caller } from './flow.ts'

/** For whom and through whom a question is asked: all of a caller that names the two principals. */
export interface Principals {
  readonly subject: { readonly id: string }
  readonly actor: { readonly id: string }
}

/** What surrounds a call besides its caller and its arguments. */
export interface Circumstances {
  /** The labels of what this subject was already given through this actor. */
  readonly labels?: readonly string[] | undefined
  /** Whole seconds since the sign-in, as `signInAge` counts them. @defaultValue not known */
  readonly signInAge?: number | undefined
  /** The declared class of the tool. @defaultValue none */
  readonly sensitivity?: string | undefined
  /** Who consented to exactly this call, as the record that the schema declares. @defaultValue nobody */
  readonly approval?: ApprovalRecord | undefined
}

/** The context member `approval`: one of the people who consented, and how many there are where the schema asks for it. */
export interface ApprovalRecord {
  readonly by: EntityRef
  /** How many people consented, each counted once. */
  readonly count?: number | undefined
  /** How many of them count under which relation. */
  readonly under?: Readonly<Record<string, number>> | undefined
}

/** The record as a value of a policy's context. */
export function approvalValue({ by, count, under }: ApprovalRecord): Value {
  return {
    record: {
      by: { entity: by },
      ...(count === undefined ? {} : { count }),
      ...(under === undefined ? {} : { under: { record: under } }),
    },
  }
}

/** The entity type of subjects in policies. */
export const SUBJECT_TYPE = 'User'

/** The entity type of actors in policies. */
export const ACTOR_TYPE = 'Agent'

/** The subject as the policy names it: `User::"<sub>"`, the token's claim as it stands. */
export function subjectEntity(caller: Pick<Principals, 'subject'>): EntityRef {
  return { type: SUBJECT_TYPE, id: caller.subject.id }
}

/** The actor as the policy names it: `Agent::"<act.sub>"`. */
export function actorEntity(caller: Pick<Principals, 'actor'>): EntityRef {
  return { type: ACTOR_TYPE, id: caller.actor.id }
}

/**
 * The context members of a question about a call: what the call is for (`intent`, the tool's name), through which `actor`, with
 * which `proof` of possession (`dpop`, `mtls`, `dpop+mtls` or `bearer`), every acr that the sign-in satisfies (`acr`), and of its circumstances those that are given
 * (`labels`, `signInAge`, `sensitivity`, `approval`). A decision point leaves out what the action does not declare.
 */
export function callContext(
  caller: Caller,
  intent: string,
  { labels, signInAge, sensitivity, approval }: Circumstances = {},
): Readonly<Record<string, Value>> {
  const context: Partial<Record<ContextMemberName, Value>> = {
    intent,
    actor: { entity: actorEntity(caller) },
    proof: caller.proof.kind,
    acr: { set: caller.assurance.satisfied },
  }
  if (signInAge !== undefined) context.signInAge = signInAge
  if (labels) context.labels = { set: labels }
  if (sensitivity !== undefined) context.sensitivity = sensitivity
  if (approval) context.approval = approvalValue(approval)
  return context
}
