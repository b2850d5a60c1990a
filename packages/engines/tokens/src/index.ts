export type { AccessToken, Confirmation } from './access-token.ts'
export {
  type AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  createAccessTokenVerifier,
  type TrustedIssuer,
} from './access-token-verifier.ts'
export type { Algorithm } from './algorithm.ts'
export {
  AUTHORIZATION_DETAILS_TYPES,
  readAuthorizationDetails,
  toolCallDetailsSchema,
} from './authorization-details.ts'
export {
  type CheckpointKey,
  createCheckpointKey,
  importCheckpointKey,
  type PrivateJwk,
  verifyCheckpoint,
} from './checkpoint-key.ts'
export { type ClientCertificate, certificateThumbprint } from './client-certificate.ts'
export {
  createEnvelopeSigner,
  type EnvelopeClaims,
  type EnvelopeSigner,
  type EnvelopeSignerOptions,
} from './envelope-signer.ts'
export {
  createGrantSealer,
  createSealingKey,
  type GrantSealer,
  type GrantSealerOptions,
  type SealingKey,
} from './grant-sealer.ts'
export { HashedToken } from './hashed-token.ts'
export { createIssuerKeys, type IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts'
export { type OwnWorkload, readOwnWorkload } from './own-workload.ts'
export { createProofKey, type ProofKey } from './proof-key.ts'
export {
  createProofVerifier,
  type ProofVerifier,
  type ProofVerifierOptions,
  type ProvedRequest,
  type VerifiedProof,
} from './proof-verifier.ts'
export { type PublicJwk, readPublicJwk } from './public-jwk.ts'
export { splitScope } from './scope.ts'
export type { SecurityEvent, SecurityEventError } from './security-event.ts'
export {
  createSecurityEventVerifier,
  type SecurityEventVerifier,
  type SecurityEventVerifierOptions,
  type Transmitter,
} from './security-event-verifier.ts'
export { signJwt } from './sign-jwt.ts'
export { type ProofRequest, signProof } from './sign-proof.ts'
export {
  createSigningKey,
  exportSigningKey,
  importSigningKey,
  type SigningKey,
  type SigningKeyOptions,
} from './signing-key.ts'
export { readSpiffeId, type SpiffeId } from './spiffe-id.ts'
export { thumbprint } from './thumbprint.ts'
export type { IssuerPreset } from './token-shape.ts'
export {
  LEGACY_TXN_TOKEN_TYPE,
  type Transaction,
  type TransactionEnvironment,
  TXN_TOKEN_LIFETIME,
  TXN_TOKEN_TYPE,
  type TxnToken,
  type TxnTokenGrant,
} from './txn-token.ts'
export {
  createTxnTokenSigner,
  type SignedTxnToken,
  type TxnTokenSigner,
  type TxnTokenSignerOptions,
} from './txn-token-signer.ts'
export {
  createTxnTokenVerifier,
  type LegacyTxnTokens,
  type TxnTokenVerifier,
  type TxnTokenVerifierOptions,
} from './txn-token-verifier.ts'
export type { Verification } from './verification.ts'
export {
  createWorkloadVerifier,
  type TrustDomainOptions,
  type WorkloadVerifier,
  type WorkloadVerifierOptions,
} from './workload-verifier.ts'
