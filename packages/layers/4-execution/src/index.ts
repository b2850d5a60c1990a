export { createRewriter, type Rewriter, type RewriterOptions } from './create-rewriter.ts'
export { readCatalog, writeCatalog } from './database/catalog-snapshot.ts'
export { checkOperators } from './database/check-operators.ts'
export { checkTables, fitTable, fitTables, relationsOf } from './database/check-tables.ts'
export { createResourceSource, type ResourceSourceOptions } from './database/create-resource-source.ts'
export { fitResources } from './database/fit-resources.ts'
export { type LiveRelation, readLiveColumns } from './database/live-columns.ts'
export { liveName } from './database/live-name.ts'
export { openRelationshipSource, type RelationshipSourceOptions } from './database/open-relationship-source.ts'
export { viewsOf } from './database/plan-relations.ts'
export type { Query } from './database/query.ts'
export { type DatabaseAuthority, readAuthority } from './database/read-authority.ts'
export { readSchemas, type SchemaRelation } from './database/read-schemas.ts'
export { createFinalRows, type FinalRows } from './final-rows.ts'
export { admitFloorPolicies } from './floor/admit-floor-policies.ts'
export { compareFloor, type FloorDifference } from './floor/compare-floor.ts'
export type { FloorFact } from './floor/floor-facts.ts'
export { CALL_SETTING } from './floor/floor-functions.ts'
export { FLOOR_VERBS, type FloorPlan } from './floor/floor-plan.ts'
export { type FloorRoles, type NamedRoles, nameRoles } from './floor/floor-roles.ts'
export { checkFloor, type Floor, type OpenFloorOptions, openFloor } from './floor/open-floor.ts'
export { FLOOR_SCHEMA, type FloorOptions, planFloor } from './floor/plan-floor.ts'
export { floorStatements, printFloor } from './floor/print-floor.ts'
export { tellFacts } from './floor/tell-facts.ts'
export {
  type AdmittedStatement,
  type CapturedWork,
  createExecutionGuard,
  type ExecutionGuard,
  type ExecutionGuardOptions,
  type RewriteEvent,
} from './guard/execution-guard.ts'
export { type AsSystem, createSystemWork, type SystemWork, type SystemWorkOptions } from './guard/system-work.ts'
export type { StatementAnswer } from './labels/find-labels.ts'
export type { RaiseLabels } from './labels/raise-labels.ts'
export { admitReadPolicies } from './policy/admit-read-policies.ts'
export { type ScalarKind, scalarKind } from './policy/attribute-kind.ts'
export { loadParser } from './statement/parser.ts'
export { isWriteDenied } from './write/is-write-denied.ts'
