import type { EntityRef, Subject } from '@lockstep/core'

/** What a transaction token allows: one call. */
export interface Transaction {
  readonly tool: string
  /** The resource URL of the MCP server that the tool belongs to. */
  readonly audience: string
  /** base64url SHA-256 of the wire's arguments in canonical form (RFC 8785). */
  readonly argumentsDigest: string
  /** What the call is about, for those who read it: the digest is what binds. Absent for tools without a resource. */
  readonly resource?: EntityRef
  /** base64url SHA-256 of the resource's type, id and deciding attributes; there if and only if `resource` is. */
  readonly resourceDigest?: string
  /** Empty in the older form. */
  readonly policyVersion: string
}

/** Under which circumstances it was issued. */
export interface TransactionEnvironment {
  /** The declared acr of the sign-in. */
  readonly acr?: string
  /** When the subject signed in, in seconds since the epoch. */
  readonly authenticatedAt?: number
  /** How whoever asked proved itself to the service: by the key, or by the certificate, that the token is bound to. */
  readonly proof: 'dpop' | 'mtls'
  /** Its holder acted under authorization details (RFC 9396): by this token they may do this very call, and nothing that comes of it. */
  readonly limited?: true
}

/** For whom, and for what, a transaction token is issued. */
export interface TxnTokenGrant {
  readonly subject: Subject
  /** The current actor first, then the earlier ones of the delegation (RFC 8693 section 4.1); at most eight. */
  readonly actors: readonly string[]
  /** RFC 7638 thumbprint of the key that must prove itself beside the token. Exactly one of this and `certificate`; in the older form both may be there. */
  readonly thumbprint?: string
  /** SHA-256 of the certificate that the connection must have (RFC 8705): that of the caller, or of the gateway that presents the token. */
  readonly certificate?: string
  readonly scopes: readonly string[]
  readonly transaction: Transaction
  readonly environment: TransactionEnvironment
  /** The `req_wl`: who asked, where it was another workload than the signer states. */
  readonly requestingWorkload?: string
}

/** What a verified transaction token says. It authenticates nobody: hold it against the caller that presents it. */
export interface TxnToken extends TxnTokenGrant {
  /** True for the older form, which states neither the resource nor the policy that were agreed to: the call is decided on now alone. */
  readonly legacy?: true
  /** The transaction token service. */
  readonly issuer: string
  readonly trustDomain: string
  /** `jti`: under this it is used up, once. And `txn`, where it is the first of its transaction. */
  readonly id: string
  /** `txn`, of a token that belongs to a transaction which began with another one. */
  readonly transactionId?: string
  /** `req_wl` */
  readonly requestingWorkload: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** The header `typ` of a token in the older form, whose audience is a tool. */
export const LEGACY_TXN_TOKEN_TYPE = 'mcp-txn+jwt'

/** The header `typ` of a transaction token. */
export const TXN_TOKEN_TYPE = 'txntoken+jwt'

/** The longest life of a transaction token, in seconds. */
export const TXN_TOKEN_LIFETIME = 60
