import type { ErrorCode } from './codes.ts'
import type { EntityRef } from './entity.ts'

/** Something that must be carried out, or the answer becomes a denial (XACML, AuthZEN). */
export interface Obligation {
  /** The annotation that named it, for example `limit`. */
  readonly name: string
  readonly value: string
  readonly policyId: string
}

/** A decision point's answer. A fault (evaluation error, unknown policy) is a deny with its code. */
export type Decision =
  | {
      readonly effect: 'permit'
      /** The determining policies. */
      readonly policies: readonly string[]
      readonly obligations: readonly Obligation[]
      readonly policyVersion: string
      /** Present where the policies leave it to the subject through which actor a call is made. */
      readonly actor?: 'not-asked' | undefined
    }
  | {
      readonly effect: 'deny'
      /** The forbids that decided; empty when nothing permitted. */
      readonly policies: readonly string[]
      /** Which of the two principals was refused. */
      readonly refused: 'subject' | 'actor'
      readonly code: ErrorCode
      readonly policyVersion: string
    }

/** What is demanded next: a new sign-in, with both of its factors at once, comes before an approval. */
export interface StepUp {
  /** The acr that a new sign-in must reach (RFC 9470). */
  readonly acr?: string
  /** The oldest sign-in that would do, in seconds (RFC 9470). */
  readonly maxAge?: number
  /** The request that waits for a second person's consent. */
  readonly approval?: { readonly id: string }
  /** Every scope that the operation needs: in one list, because clients replace their scopes by what they are told. */
  readonly scopes?: readonly string[]
}

/** What a denial was decided on, for the audit record: references, digests and revisions, never what they stand for. */
export interface DecidedOn {
  readonly tool: string
  readonly argumentsDigest: string
  /** Absent for a tool without a resource, and when there is no such resource: its id is then nobody's but the caller's. */
  readonly resource?: EntityRef
  readonly resourceDigest?: string
  /** The revision of the relationships. */
  readonly facts: string
  /** A digest of what was told of the calls before. Absent for a tool of which nothing is told. */
  readonly historyDigest?: string
}

/** Why a layer refused, as a value. It becomes a response only at the edge. */
export interface Denial {
  readonly code: ErrorCode
  /** What would help, from the declared step-ups; never names a resource the caller may not view. */
  readonly unlock?: StepUp
  /** Whole seconds after which the same request may be sent again. */
  readonly retryAfter?: number
  /** The decision behind it, for the audit record; never part of an answer. */
  readonly decision?: Decision
  /** What it was decided on, for the audit record; never part of an answer. */
  readonly decidedOn?: DecidedOn
  /** Constant text about the shape of the problem; never a token, claim, argument, SQL parameter or row. */
  readonly detail?: string
}
