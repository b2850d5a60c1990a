import type { Decision, Question } from '@lockstep/core'
import type { PolicyEngine } from './policy-engine.ts'

/** What two engines said about one question. Holds no fact, argument or context. */
export interface Disagreement {
  readonly action: string
  readonly policyVersion: string
  /** What the engine in use said. */
  readonly decision: Decision
  /** What the other said. */
  readonly other: Decision
}

/** How two engines are compared in production. */
export interface ComparisonOptions {
  /** The fraction of decisions that both engines make, more than 0 and at most 1. */
  readonly fraction: number
  /** Told of each disagreement, after which the decision is a deny with `policy.engines-disagree`. Must not throw. */
  readonly onDisagreement?: ((disagreement: Disagreement) => void) | undefined
}

/**
 * Puts a fraction of the decisions to a second engine as well, and denies where the two do not say the same: effect, determining policies
 * and code. Residuals are not compared, because the same condition can be written in many ways; every call that rests on one is decided
 * again.
 */
export function createComparedEngine(
  engine: PolicyEngine,
  second: PolicyEngine,
  { fraction, onDisagreement }: ComparisonOptions,
): PolicyEngine {
  function compare(question: Question, decision: Decision): Decision {
    const other = second.decide(question)
    if (agree(decision, other)) return decision
    const { policyVersion } = decision
    try {
      onDisagreement?.({ action: question.action, policyVersion, decision, other })
    } catch {
      // Whoever is told must not turn the denial into something else.
    }
    return { effect: 'deny', policies: [], refused: 'subject', code: 'policy.engines-disagree', policyVersion }
  }
  return {
    decide(question) {
      const decision = engine.decide(question)
      return fraction === 1 || Math.random() < fraction ? compare(question, decision) : decision
    },
    residual: engine.residual,
  }
}

function agree(a: Decision, b: Decision): boolean {
  const code = (decision: Decision) => (decision.effect === 'deny' ? decision.code : undefined)
  const policies = ({ policies: ids }: Decision) => JSON.stringify([...ids].sort())
  return a.effect === b.effect && code(a) === code(b) && policies(a) === policies(b)
}
