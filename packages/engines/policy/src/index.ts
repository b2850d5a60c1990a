export type { ComparisonOptions, Disagreement } from './compared-engine.ts'
export {
  createDecisionPoint,
  type DecisionPointOptions,
  type PolicyDecisionPoint,
} from './decision-point.ts'
export type { ActionDeclaration } from './declared-actions.ts'
export { loadPolicies } from './load-policies.ts'
export { type PolicyOptions, parsePolicies } from './parse-policies.ts'
export type { PolicyBundle, PolicySource } from './policy-bundle.ts'
export type { PolicyFiles } from './read-policy-folder.ts'
export { type WatchOptions, watchPolicies } from './watch-policies.ts'
