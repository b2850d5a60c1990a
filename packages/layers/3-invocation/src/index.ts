export type { ApproverRule } from './approver-rule.ts'
export { type CallLifecycle, createCallLifecycle } from './call-lifecycle.ts'
export { consumeTransaction, refuseUsedTransaction } from './consume-transaction.ts'
export {
  type Approvals,
  type ApprovalsOptions,
  type Consenter,
  createApprovals,
  type RequestedCall,
  type StandingApproval,
} from './create-approvals.ts'
export {
  createInvocation,
  type DecidedCall,
  type GivenBefore,
  type Invocation,
  type InvocationOptions,
} from './create-invocation.ts'
export { createExplainCall, type ExplainableCall } from './explain-call.ts'
export { type CallHistory, type CallHistoryOptions, createCallHistory } from './history/call-history.ts'
export type { FactsOf } from './judge-approver.ts'
export type { KeptApproval } from './kept-approvals.ts'
export type { Consume, Permission } from './permit-call.ts'
export type { GivenCall } from './prepare-call.ts'
export { resourceDigest } from './resource-digest.ts'
export type { SeenApprovals } from './see-approvals.ts'
export { shown } from './show-members.ts'
export type { ExchangeAnswer } from './transaction-answer.ts'
export { checkTransaction, type PresentedTransaction } from './transaction-binding.ts'
export { TXN_TOKEN_URN } from './transaction-request.ts'
export {
  type AgreedTransaction,
  type AuthorizeTransaction,
  createTransactionTokenService,
  type ExchangeRequest,
  type Narrowing,
  type TransactionKeyHolders,
  type TransactionTokenService,
  type TransactionTokenServiceOptions,
} from './transaction-token-service.ts'
export type { MayView } from './withhold.ts'
