import type { CallExplanation, EntityFact, EntityRef, ErrorCode, JsonObject, Proof, Value } from '@lockstep/core'

/** What is taken as known of one entity, in the place of what its source tells. */
export interface GivenEntity {
  readonly attributes?: Readonly<Record<string, Value>> | undefined
  /** The entities that it is directly in, for example its roles. */
  readonly in?: readonly EntityRef[] | undefined
}

/** What the policies must come to. What is left out may be anything. */
export type ExpectedDecision =
  | 'permit'
  | 'deny'
  | {
      readonly effect: 'permit'
      /** Exactly the policies that permit, for the subject and for the actor, in any order. */
      readonly policies?: readonly string[] | undefined
    }
  | {
      readonly effect: 'deny'
      /** Exactly the forbids that decide, in any order; empty for "nothing permits". */
      readonly policies?: readonly string[] | undefined
      readonly refused?: 'subject' | 'actor' | undefined
      readonly code?: ErrorCode | undefined
      /** Exactly the factors that would flip it; `null` for a denial that none flips. */
      readonly stepUp?:
        | { readonly acr?: string | undefined; readonly approval?: boolean | undefined }
        | null
        | undefined
    }

/** One row of a table of expectations: a call, what is known, and what the policies must come to. */
export interface PolicyExpectation {
  /** Says what holds, for a person. Each is there once. */
  readonly name: string
  /** The `sub` of the person. */
  readonly subject: string
  /** @defaultValue the only configured issuer */
  readonly issuer?: string | undefined
  readonly actor: string
  readonly tool: string
  readonly arguments?: JsonObject | undefined
  readonly acr?: string | undefined
  readonly labels?: readonly string[] | undefined
  /** What is told of the calls before, as `context.history` has it. What it does not name is told as of somebody who never did anything. */
  readonly history?: JsonObject | undefined
  readonly proof?: Proof['kind'] | undefined
  /**
   * Facts in the place of those that the sources tell: about the subject, about the actor, about others, and the stored resource. Who is given
   * the subject, the actor or others is given all of the relationships; the resource is given by itself.
   */
  readonly given?:
    | {
        readonly subject?: GivenEntity | undefined
        readonly actor?: GivenEntity | undefined
        readonly others?: readonly EntityFact[] | undefined
        readonly resource?: (EntityRef & GivenEntity) | undefined
      }
    | undefined
  readonly expect: ExpectedDecision
}

/** What came of one row. */
export interface PolicyTestRow {
  readonly name: string
  readonly passed: boolean
  readonly expected: string
  readonly actual: string
  /** Absent when the call could not be decided on, for example because its arguments are refused. */
  readonly explanation?: CallExplanation | undefined
}

/** Types a table of expectations; returns it as it is. */
export function defineExpectations(expectations: readonly PolicyExpectation[]): readonly PolicyExpectation[] {
  return expectations
}
