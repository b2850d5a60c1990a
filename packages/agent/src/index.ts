export {
  createProofKey,
  createSigningKey,
  exportSigningKey,
  importSigningKey,
  type ProofKey,
  type SigningKey,
  type SigningKeyOptions,
} from '@lockstep/tokens'
export { type ActorTokenOptions, signActorToken } from './actor-token.ts'
export { createAgentFetch } from './agent-fetch.ts'
export type { AgentFetchOptions } from './agent-options.ts'
export {
  type AgentTransport,
  type AgentTransportOptions,
  createAgentTransport,
  type LineTransport,
} from './agent-transport.ts'
export type { ClientAuthentication } from './client-authentication.ts'
export type { Demand, StepUpDemand } from './demand.ts'
export { TokenExchangeRefused } from './exchange-refused.ts'
export { type ExchangedToken, exchangeToken, type TokenExchangeOptions } from './exchange-token.ts'
export type { ChooseKey } from './idempotency-key.ts'
export { createKeyRing, type KeptKey, type KeyRing, type KeyRingOptions } from './key-ring.ts'
export { createLaunchEnvironment, type LaunchOptions } from './launch-environment.ts'
export { createNonceBook, type NonceBook } from './nonce-book.ts'
export type { AskedPage, PageDemand } from './page-demand.ts'
export type { ApprovalDemand, Callbacks, PageVisit, Raised, TxnTokenSource } from './remedies.ts'
export { requestTxnToken, type TxnTokenRequestOptions } from './request-txn-token.ts'
export type { AccessTokenSource, GrantedToken, Obtain, TokenDemand } from './token-keeper.ts'
export type { AgentCall } from './tool-call.ts'
