export type { PermissionKind, PolicyStanding } from './apply-standing.ts'
export type { ComparisonOptions, Disagreement } from './compared-engine.ts'
export { createDecisionPoint } from './decision-point.ts'
export type { DecisionPointOptions } from './decision-point-options.ts'
export type { ActionDeclaration } from './declared-actions.ts'
export { loadPolicies } from './load-policies.ts'
export { openDecisionPoint } from './open-decision-point.ts'
export type { LoadingBounds } from './parse-apart.ts'
export { type PolicyOptions, parsePolicies } from './parse-policies.ts'
export type { PolicyBundle, PolicySource } from './policy-bundle.ts'
export type { PolicyDecisionPoint } from './policy-point.ts'
export type { PolicyFiles } from './read-policy-folder.ts'
export { createOpenfgaHandler, type OpenfgaHandlerOptions } from './relations/http/openfga-handler.ts'
export {
  openRelations,
  type RelationLimits,
  type Relations,
  type RelationsNow,
  type RelationsOptions,
} from './relations/open-relations.ts'
export {
  type OpenfgaRelationships,
  type OpenfgaRelationshipsOptions,
  openfgaRelationships,
} from './relations/openfga-relationships.ts'
export {
  type OpenfgaClientShape,
  type OpenfgaSdkRelationshipsOptions,
  openfgaSdkRelationships,
} from './relations/openfga-sdk-relationships.ts'
export { readRelationModel } from './relations/read-relation-model.ts'
export type { OpenfgaMapping, PrincipalType, RelatedObjects } from './relations/relation-attributes.ts'
export type { QuestionTuples, RelationEvaluator } from './relations/relation-evaluator.ts'
export type { RelationModel } from './relations/relation-model.ts'
export { RelationRejection, type RelationRejectionReason } from './relations/relation-rejection.ts'
export { type CedarType, named } from './schema/cedar-type.ts'
export { checkDrift, type DriftInput } from './schema/check-drift.ts'
export type { Drift } from './schema/drift.ts'
export type { Gap } from './schema/gap.ts'
export {
  type GeneratedSchema,
  generateSchema,
  type SchemaEntity,
  type SchemaInput,
  type SchemaTool,
} from './schema/generate-schema.ts'
export { type WatchOptions, watchPolicies } from './watch-policies.ts'
