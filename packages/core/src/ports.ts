/**
 * What the layers need from outside. Engines and stores implement these; `createLockstep` hands them in. Every method may
 * reject: the layer that called it then denies with the port's own code and nothing is lost.
 */
import type { Decision } from './decision.ts'
import type { EntityFact, EntityRef, Value } from './entity.ts'
import type { Facts, Subject } from './flow.ts'
import type { JsonObject } from './json.ts'
import type { RelationTuples } from './relation-tuples.ts'
import type { Residual } from './residual/residual.ts'

/** The one question of the house. */
export interface Question {
  readonly principal: EntityRef
  /** The Cedar action id, without its type: `Action::"<action>"`. */
  readonly action: string
  readonly resource: EntityFact
  readonly context: Readonly<Record<string, Value>>
  readonly facts: Facts
}

/** The same question while something is still unknown. */
export interface OpenQuestion {
  readonly principal: EntityRef
  readonly action: string
  /** Known resource, or only its type while the resource is unknown (then `unknown` named `resource`). */
  readonly resource: EntityFact | { readonly type: string }
  /** The known context members. */
  readonly context: Readonly<Record<string, Value>>
  /** Top-level context members that are still unknown, by name; each appears as `unknown` named `context.<name>`. */
  readonly unknownContext: readonly string[]
  readonly facts: Facts
}

/** What the schema lets the policies of one action look at. */
export interface ActionContext {
  /** The context members that the action declares; a question need not carry any other. */
  readonly members: ReadonlySet<string>
  /** The types of resource that the action applies to; none where the action is not declared. @defaultValue none */
  readonly resources?: ReadonlySet<string> | undefined
  /** The members of `context.arguments`; absent when the action declares no such record. */
  readonly arguments?: VisibleMembers | undefined
  /** The members of `context.history`; absent when the action declares no such record. */
  readonly history?: VisibleMembers | undefined
  /** The members of `context.approval`; absent when the action declares no such record. */
  readonly approval?: VisibleMembers | undefined
}

/** What policies may look at of a value: of a record its declared members, of a set the same of each element, else all of it. */
export type VisibleShape =
  | { readonly members: VisibleMembers }
  | { readonly each: VisibleShape }
  | { readonly whole: true }

/** One declared member of a record. */
export interface VisibleMember {
  /** A member that is not required may be absent; where it is `null` it counts as absent. */
  readonly required: boolean
  readonly shape: VisibleShape
}

/** The declared members of a record, by name. */
export type VisibleMembers = ReadonlyMap<string, VisibleMember>

/** Answers questions from policy (PDP). A fault is a deny with its code, never an exception and never a permit. */
export interface DecisionPoint {
  /** Changes whenever a policy, the schema or the epoch changes. */
  readonly version: string
  /** `any` when a call is asked about for its subject alone. @defaultValue for its subject and for its actor */
  readonly actors?: 'any' | undefined
  /** What policies of this action may look at; nothing for an action that the schema does not declare. */
  contextOf(action: string): ActionContext
  /**
   * An entity of which nothing is known: every attribute that the schema demands of its type, each with the value that says
   * least (empty, zero, false), and no parents. `undefined` for a type that the schema does not declare, and for one that
   * demands an attribute without such a value.
   */
  blankEntity(ref: EntityRef): EntityFact | undefined
  decide(question: Question): Decision
  /** Rejected questions throw LockstepError `policy.evaluation-failed`. */
  residual(question: OpenQuestion): Residual
}

/** Relationships as entity attributes, read once per request (PIP). */
export interface RelationshipSource {
  /** What is known of a subject, and of the actor when there is one, as it is now. A caller is one such pair. */
  load(who: { readonly subject: Subject; readonly actor?: { readonly id: string } }): Promise<Facts>
}

/** Relationships that an instance opens when it starts, from its state; it refuses to start when it cannot. */
export interface OpenableRelationships extends RelationshipSource {
  /** Called once. Rejects with what is wrong: the start then fails with it. */
  open(parts: {
    readonly tuples: RelationTuples
    /** Where relative paths start from. */
    readonly base: string
    /** Whose subjects there are. */
    readonly issuers: readonly string[]
  }): Promise<void>
}

/** Loads the stored resource that a call is about, so that decisions rest on what is stored and not on what the model says. */
export interface ResourceSource {
  /** Resolves to `undefined` when there is no such resource. */
  load(type: string, id: string): Promise<EntityFact | undefined>
}

/** One hand-over of one request, as it is recorded. No token, argument, SQL parameter or row: digests and ids. */
export interface AuditEvent {
  readonly trace: string
  readonly step: 'gateway' | 'discovery' | 'invocation' | 'execution' | 'response' | 'system'
  readonly outcome: 'permitted' | 'denied' | 'observed' | 'completed' | 'failed'
  /** An ErrorCode, when denied or failed. */
  readonly code?: string
  readonly subject?: string
  readonly actor?: string
  readonly tool?: string
  readonly policies?: readonly string[]
  readonly policyVersion?: string
  /** Further members fit for the step: digests, counts, names of columns. */
  readonly detail?: JsonObject
}

/** Takes audit events. `append` resolves when the event is durable; a rejection denies the step that needed it. */
export interface AuditSink {
  append(event: AuditEvent): Promise<void>
}
