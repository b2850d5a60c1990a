import type { Decision, OpenQuestion, Question, Residual } from '@lockstep/core'

/** Answers questions under one version of the policy. */
export interface PolicyEngine {
  /** Never throws: a fault is a deny with its code. */
  decide(question: Question): Decision
  /** @throws LockstepError `policy.evaluation-failed` */
  residual(question: OpenQuestion): Residual
}
