export type { AnomalyInput, AnomalyScore } from './anomaly.ts'
export type {
  Approval,
  ApprovalConsent,
  ApprovalNeed,
  ApprovalState,
  ApprovingPerson,
  ShownMember,
} from './approval.ts'
export type {
  ApprovalEvent,
  ApprovalMessage,
  ApprovalNotice,
  Notifier,
  ToldApproval,
  ToldMember,
} from './approval-notice.ts'
export type { ApprovalBounds, ApprovalRequest, ApprovalStore } from './approval-store.ts'
export {
  ACTOR_TYPE,
  type ApprovalRecord,
  actorEntity,
  approvalValue,
  type Circumstances,
  callContext,
  type Principals,
  SUBJECT_TYPE,
  subjectEntity,
} from './ask.ts'
export { decideForBoth, residualForBoth } from './ask-for-both.ts'
export type { AttributeType, EntityDeclaration, EntityDeclarations } from './attribute-type.ts'
export { type BoundedMemory, createBoundedMemory, type MemorySize } from './bounded-memory.ts'
export { type Clock, systemClock } from './clock.ts'
export { CODES, type CodeEntry, type ErrorCode, type Layer } from './codes.ts'
export {
  CONTEXT_MEMBERS,
  type ContextMember,
  type ContextMemberName,
  type QuestionKind,
  VOLATILE_MEMBERS,
} from './context-members.ts'
export type { DecidedOn, Decision, Denial, Obligation, StepUp } from './decision.ts'
export { type Drill, drillName, isDrillName } from './drill-name.ts'
export {
  type EntityFact,
  type EntityRef,
  type ExtensionType,
  type ExtensionValue,
  sameEntity,
  type Value,
} from './entity.ts'
export type {
  CallExplanation,
  ConditionOutcome,
  DescribedPolicy,
  ExplainedCondition,
  ExplainedPolicy,
  ExplainedPrincipal,
  Explanation,
  FactChange,
  PolicyExplainer,
  ReadFact,
} from './explanation.ts'
export type {
  Actor,
  AskRead,
  AskWrite,
  Assurance,
  AuthorizedCall,
  Barrier,
  Caller,
  CapabilityEnvelope,
  CapabilityLimits,
  Facts,
  LabelQuestion,
  LimitBox,
  OpenDecision,
  Outcome,
  Proof,
  RelationScope,
  ReleasedResult,
  ScopedStatement,
  StatementScope,
  Subject,
  ToolCall,
  WriteAction,
  WrittenAs,
} from './flow.ts'
export { freshId } from './fresh-id.ts'
export { hasCycle } from './has-cycle.ts'
export { HIDDEN_CLASS } from './hidden-characters.ts'
export {
  type AmountSource,
  type AnomalyRule,
  type CountedFor,
  type CountRule,
  type HistoryMember,
  type HistoryRules,
  historyMembers,
  type SumRule,
} from './history-rules.ts'
export { inTime } from './in-time.ts'
export type { JobEnd, JobGrant, JobLease, JobRecord, JobStart, JobState, JobStore } from './jobs.ts'
export { canonicalJson, digest } from './json/canonical-json.ts'
export { deepFreeze } from './json/deep-freeze.ts'
export { JsonRejection, type JsonRejectionReason } from './json/json-rejection.ts'
export { type JsonLimits, parseJson, parseJsonText } from './json/parse-json.ts'
export { hasReservedMember } from './json/reserved-member.ts'
export { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
export { refuseUnknownOptions } from './known-options.ts'
export { isLockstepError, LockstepError } from './lockstep-error.ts'
export type { CustomMask, MaskDeclaration, MaskOptions } from './mask.ts'
export type { Mode } from './mode.ts'
export type { NoticeOutbox, Notices, ObligedNotice } from './notice-outbox.ts'
export type {
  NotifyObligation,
  ObligationMessage,
  ObligationNotice,
  ObligedCall,
  OwnObligation,
} from './obligation-port.ts'
export {
  type ObligationRegistry,
  type ObligationValue,
  obligationMistake,
  uniteObligations,
} from './obligation-registry.ts'
export { assertOneCore } from './one-core.ts'
export { createPairMemory } from './pair-memory.ts'
export { endOfEscapeSequence, isPlainJson, plainText } from './plain-text.ts'
export type { AdmitPolicies, PolicyCondition } from './policy-condition.ts'
export type {
  ActionContext,
  AuditEvent,
  AuditSink,
  DecisionPoint,
  OpenableRelationships,
  OpenQuestion,
  Question,
  RelationshipSource,
  ResourceSource,
  VisibleMember,
  VisibleMembers,
  VisibleShape,
} from './ports.ts'
export { possessionOf } from './possession.ts'
export { readWindow } from './read-window.ts'
export {
  type AttributeRelation,
  defineRelations,
  type EntityRelations,
  type Relation,
  type RelationMapping,
} from './relation-mapping.ts'
export type { RelationTuple, RelationTuples, TupleChange, TupleDelta, TupleOutcome } from './relation-tuples.ts'
export { alwaysFails } from './residual/always-fails.ts'
export { cannotFail, PRINCIPAL } from './residual/cannot-fail.ts'
export { type Bindings, compile, type Evaluator } from './residual/compile.ts'
export { condition } from './residual/condition.ts'
export { evaluate } from './residual/evaluate.ts'
export { isExtensionFunction, isExtensionLiteral, meaningOf } from './residual/extension/apply-extension.ts'
export type { Known } from './residual/known.ts'
export { limits } from './residual/limits.ts'
export { FALSE, isLiteral, literal, TRUE } from './residual/literals.ts'
export { mergeBounds } from './residual/merge-bounds.ts'
export { neverHolds } from './residual/never-holds.ts'
export { partsOf, withParts } from './residual/parts.ts'
export type { Expr, PatternPart, PolicyResidual, Residual } from './residual/residual.ts'
export { sameValue } from './residual/same-value.ts'
export { conjoin, type Substitutes, simplify, substitute } from './residual/simplify.ts'
export { toValue } from './residual/to-value.ts'
export { whenFalse, whenTrue } from './residual/without-fault.ts'
export {
  RESTORED,
  type Revocable,
  type RevocationStore,
  revocableName,
  type Standing,
  standingUnder,
  UNTIL_RESTORED,
} from './revocation.ts'
export {
  beginsEpoch,
  EPOCH_NAMES,
  isLasting,
  type RevocationFeed,
  type RevocationListener,
  type RevocationNotice,
} from './revocation-feed.ts'
export { createSeal, type Seal } from './seal.ts'
export type { AsksDeclaration, SendsDeclaration, SentBinding } from './sends-declaration.ts'
export { signInAge } from './sign-in-age.ts'
export {
  type DeclaredSignIns,
  type DemandedSignIn,
  keepAcr,
  type SignIn,
  type SignInDemand,
  strongerSignIns,
} from './sign-in-factors.ts'
export type { Consumption, SingleUse, SingleUseStore } from './single-use.ts'
export type {
  CountedWindow,
  KnownUse,
  ReservedAmount,
  SpendingAnswer,
  SpendingQuestion,
  SpendingReservation,
  SpendingStore,
  Spent,
  UsesQuestion,
} from './spending.ts'
export type {
  CallerKey,
  HistoryStore,
  IdempotencyRecord,
  IdempotencyStore,
  RateLimit,
  RateLimiter,
} from './state-ports.ts'
export {
  type ColumnMapping,
  type DerivedKind,
  defineTables,
  type EntityTable,
  type LabelMapping,
  type MemberMapping,
  ROW_CLASS,
  type TableMapping,
} from './table-mapping.ts'
export { tableOfEntity } from './table-of-entity.ts'
export type { FoundKinds, RedactedTexts, TextRedactor } from './text-redactor.ts'
export { type ArgumentBound, coversCall, coversTool, type ToolCallDetails } from './tool-call-details.ts'
export type { OutputBinding, ToolDeclaration, ToolRateLimits } from './tool-declaration.ts'
export { valueToJson } from './value-to-json.ts'
export { asciiText, distinctText, visibleJson, visibleText } from './visible-text.ts'
