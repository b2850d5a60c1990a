import type { ApprovalNeed } from './approval.ts'
import type { ErrorCode } from './codes.ts'
import type { Decision } from './decision.ts'
import type { EntityRef, Value } from './entity.ts'
import type { Subject } from './flow.ts'
import type { Question } from './ports.ts'

/**
 * How one condition of a policy came out: it held, it did not, it raised an error, it was not reached because it depends on one that did not
 * hold, or it is not told because it rests on attributes that the subject may not view.
 */
export type ConditionOutcome = 'holds' | 'fails' | 'error' | 'unreached' | 'withheld'

/** An attribute that a condition read. */
export interface ReadFact {
  /** As policies write it: `principal.manages`, `resource.amount`, `context.acr`. */
  readonly path: string
  /** Absent when there is no such attribute, and when the value is not told. */
  readonly value?: Value | undefined
  /** Whether the value is held back because the subject may not view it. */
  readonly withheld: boolean
}

/** One change of a fact about the subject or the actor. */
export type FactChange =
  | { readonly entity: EntityRef; readonly kind: 'member'; readonly of: EntityRef }
  | { readonly entity: EntityRef; readonly kind: 'add'; readonly attribute: string; readonly value: Value }
  | { readonly entity: EntityRef; readonly kind: 'set'; readonly attribute: string; readonly value: Value }

/** One condition of a policy: a part of its head, or an operand of the `&&` of a clause. */
export interface ExplainedCondition {
  /** As it is written, on one line. */
  readonly text: string
  /** The line of its first token in the policy's file, counted from 1. */
  readonly line: number
  readonly outcome: ConditionOutcome
  readonly reads: readonly ReadFact[]
  /** A change of a fact about the principal after which it would hold, as far as one can be told. */
  readonly needs?: FactChange | undefined
}

/** What became of one policy that can apply to a question's action and types. */
export interface ExplainedPolicy {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly file: string
  /** The line of its first token, counted from 1. */
  readonly line: number
  /** Whether it applies. An error is told by its conditions. */
  readonly applies: boolean
  readonly conditions: readonly ExplainedCondition[]
}

/** A decision with everything that went into it. */
export interface Explanation {
  readonly decision: Decision
  /** Every policy that can apply, in the order of the files. Empty when the question did not fit the schema. */
  readonly policies: readonly ExplainedPolicy[]
}

/** One policy as it stands in its folder. */
export interface DescribedPolicy {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly file: string
  readonly line: number
  readonly principals: readonly string[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** What must hold for it to apply, part by part, as it is written. */
  readonly conditions: readonly string[]
  /** A digest of what it demands: two policies with the same one decide alike, however they are written. */
  readonly condition: string
}

/** Tells how a decision comes about, from the policies and the evaluator that make it. For operators: nothing is held back. */
export interface PolicyExplainer {
  /** Never throws for a question that cannot be answered: the decision is then a fault. */
  explain(question: Question): Explanation
  /** The policies in force, in the order of the files. */
  describe(): readonly DescribedPolicy[]
}

/** One of the two principals of a call, and what the policy says of it. */
export interface ExplainedPrincipal {
  readonly role: 'subject' | 'actor'
  readonly entity: EntityRef
  /** Absent when it rests on what the subject may not view. */
  readonly decision?: Decision | undefined
  readonly policies: readonly ExplainedPolicy[]
}

/** Why a call would be permitted or refused, and what would change that. */
export interface CallExplanation {
  readonly subject: Subject
  readonly actor: { readonly id: string }
  readonly tool: string
  readonly action: string
  /** What the call is about; `found` is `hidden` when the subject may not view it, whether it is there or not. */
  readonly resource?: EntityRef & { readonly found: 'stored' | 'missing' | 'hidden' }
  readonly effect: 'permit' | 'deny'
  /** The code of the denial. */
  readonly code?: ErrorCode | undefined
  /** The policies that decided: permits of both principals, or the forbids of the one that was refused. */
  readonly policies: readonly string[]
  /** Absent when it rests on what the subject may not view. */
  readonly refused?: 'subject' | 'actor' | undefined
  /** Both principals, also when the first is refused already; the subject alone where any actor is taken. Empty when there was nothing to ask about. */
  readonly principals: readonly ExplainedPrincipal[]
  /** The smallest set of declared factors that flips a denial: all of them, not only the next one. */
  readonly stepUp?:
    | {
        readonly acr?: string | undefined
        readonly maxAge?: number | undefined
        readonly approval: boolean
        /** How many people by relation, where it is more than one. */
        readonly needed?: readonly ApprovalNeed[] | undefined
      }
    | undefined
  /** A hint for operators: the smallest set of facts about the two principals that flips a denial no factor flips. Asked again, not guessed. */
  readonly changes?: readonly FactChange[] | undefined
  readonly policyVersion: string
  /** The revision of the relationships. */
  readonly facts: string
}
