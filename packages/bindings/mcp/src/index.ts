export type { RewriteEvent } from '@lockstep/execution'
export {
  type ConfiguredApprovals,
  type ConfiguredApprover,
  type ConfiguredFloor,
  type ConfiguredLimits,
  type DatabaseReader,
  type DeclaredResources,
  defineConfig,
  type KeptDecisions,
  type LockstepConfiguration,
  type QueryFunction,
  type TransactionIssuer,
} from './configuration.ts'
export type { Explain, ExplainedCall } from './create-explain.ts'
export { type CreateLockstepOptions, createLockstep } from './create-lockstep.ts'
export { DEFAULT_REVOCATION_BOUND_MS } from './default-limits.ts'
export type { EventTransmitter, RevokingEvent } from './events/event-transmitter.ts'
export type { ExplainStatements, NamedReader, StatementExplainer } from './explain-statements.ts'
export type { ToolHandler } from './guard-handler.ts'
export type { GuardableServer } from './guard-server.ts'
export type { GuardedRequest, HttpGuard } from './http/create-http-guard.ts'
export { createTokenService, type TokenServiceListener } from './http/create-token-service.ts'
export { importDefault } from './import-default.ts'
export type { GrantOptions } from './jobs/grant-options.ts'
export type { Job, JobOutcome, RunJob } from './jobs/job.ts'
export type { JobCall } from './jobs/job-token.ts'
export { type KeptDecision, readKeptDecisions } from './kept-decision.ts'
export { type LoadedConfiguration, loadConfiguration } from './load-configuration.ts'
export type { Lockstep } from './lockstep.ts'
export { type WebhookOptions, webhookNotifier } from './notify/webhook-notifier.ts'
export { askOperator, type OperatorRequest } from './operator/ask-operator.ts'
export { planConfiguredFloor } from './plan-configured-floor.ts'
export { policyOptions } from './policy-options.ts'
export { type DeclaredConfiguration, declareReached, type Reached } from './reached/declare-reached.ts'
export type { DeclaredCompletion, DeclaredPrompt, DeclaredResource } from './reached/declared-reach.ts'
export { type Manifest, readManifest } from './read-manifest.ts'
export type { Relay } from './relay/relay.ts'
export { type RelayOptions, relayTo } from './relay/relay-to.ts'
export { type CommandRelay, type CommandRelayOptions, relayToCommand } from './relay/relay-to-command.ts'
export type { ResumableCall, Resume, ResumedCall } from './resume.ts'
export type { RevocationEvidence } from './revocation/revocation-evidence.ts'
export { type McpAuthOptions, startLockstep } from './start-lockstep.ts'
export type { OpenStdio, StdioOptions } from './stdio/open-stdio.ts'
export type { StdioTransport } from './stdio/stdio-transport.ts'
export type { StartTask, TaskOptions } from './tasks/open-tasks.ts'
