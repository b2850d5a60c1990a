/**
 * The hand-over types between the four layers, in the order in which a request meets them:
 *
 *   gateway -> Caller -> discovery -> CapabilityEnvelope[]
 *                     -> invocation -> AuthorizedCall -> execution -> ScopedStatement, ReleasedResult
 *
 * `Caller` and `AuthorizedCall` are sealed (see `createSeal`): a layer takes only what its predecessor made.
 */
import type { Decision, Denial, Obligation } from './decision.ts'
import type { EntityFact } from './entity.ts'
import type { JsonObject } from './json.ts'
import type { Expr } from './residual/residual.ts'
import type { SignInDemand } from './sign-in-factors.ts'
import type { ToolCallDetails } from './tool-call-details.ts'

/** On whose behalf the call runs (RFC 7519 `sub`). `id` is the claim as it stands. */
export interface Subject {
  readonly issuer: string
  readonly id: string
}

/** Who acts for the subject (RFC 8693 `act.sub`). Only the outermost actor takes part in decisions; the chain is recorded. */
export interface Actor {
  readonly id: string
  /** How the actor is known: proved by its own key, asserted by the issuer, or mapped from a client id by configuration. */
  readonly basis: 'proved' | 'asserted' | 'mapped'
  /** The inner actors of a delegation chain, outermost first, without the actor itself. */
  readonly chain: readonly string[]
}

/** How the caller showed possession of what the token is bound to. Policies see the kind as `context.proof`. */
export interface Proof {
  readonly kind: 'dpop' | 'mtls' | 'dpop+mtls' | 'bearer'
  /** RFC 7638 thumbprint of the DPoP key; there if and only if the kind names `dpop`. */
  readonly thumbprint?: string
  /** SHA-256 of the client certificate in base64url (RFC 8705 section 3.1); there if and only if the kind names `mtls`. */
  readonly certificate?: string
}

/** How strongly the subject signed in. */
export interface Assurance {
  /** The token's acr, if it is one that the configuration declares. */
  readonly acr?: string
  /** Every declared acr that this sign-in satisfies: its own and the weaker ones. */
  readonly satisfied: readonly string[]
  /** Seconds since the epoch. */
  readonly authenticatedAt?: number
  /** The id of the sign-in on a page of ours that this is, for one call; absent for what the access token says. */
  readonly page?: string
}

/** A verified subject, actor, proof and assurance: the product of the gateway. Sealed. */
export interface Caller {
  readonly subject: Subject
  readonly actor: Actor
  readonly proof: Proof
  readonly assurance: Assurance
  readonly scopes: readonly string[]
  /**
   * The token's authorization details for this server (RFC 9396): it may do only what they cover, so an empty list covers nothing.
   * Absent for a token without details.
   */
  readonly authorizationDetails?: readonly ToolCallDetails[]
  /** Evidence about the access token, never the token itself. Times are seconds since the epoch. */
  readonly token: { readonly id: string; readonly issuedAt: number; readonly expiresAt: number }
  /** W3C trace id (32 hex digits) under which every hand-over is recorded. */
  readonly trace: string
}

/** Facts that a question is decided on: entities reachable from the subject and the actor, at one revision. */
export interface Facts {
  readonly entities: readonly EntityFact[]
  readonly revision: string
}

/** One conjunction of bounds on a resource's attributes, for example `dept in {42} and amount <= 5000`. */
export interface LimitBox {
  readonly [attribute: string]: {
    readonly oneOf?: readonly (string | number | boolean)[]
    readonly atLeast?: number
    readonly atMost?: number
  }
}

/** What a capability allows, as far as it can be said before the arguments are known. */
export interface CapabilityLimits {
  /** A call must fit at least one box. An empty box is "no bound that can be told ahead". */
  readonly anyOf: readonly LimitBox[]
  /** False when the policy demands more than the boxes say; the call is decided again in any case. */
  readonly complete: boolean
}

/** A tool as one caller may see it, with a signed statement of its limits. */
export interface CapabilityEnvelope {
  readonly tool: string
  readonly state: 'usable' | 'locked'
  readonly limits: CapabilityLimits
  /** For a locked tool: the sign-in that would unlock it. */
  readonly unlock?: SignInDemand
  /** The id of the signed envelope, under which it can be revoked. Absent when locked. */
  readonly id?: string
  /** Compact JWS over its id, tool, descriptor digest, limits, expiry, policy version and the caller's key. Absent when locked. */
  readonly jws?: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A call as it came over the wire, after the tool's schema parsed its arguments once. */
export interface ToolCall {
  readonly tool: string
  /** Frozen. This object reaches the handler. */
  readonly arguments: JsonObject
  /** base64url SHA-256 of the wire's arguments in canonical form (RFC 8785). */
  readonly argumentsDigest: string
}

/** A call that may happen now. Sealed, and alive until the answer is sent or the deadline passes. */
export interface AuthorizedCall extends ToolCall {
  readonly id: string
  readonly caller: Caller
  /** What the call is about; absent for tools without a resource. */
  readonly resource?: EntityFact
  /** base64url SHA-256 of the resource's attributes that were decided on. */
  readonly resourceDigest?: string
  /**
   * Asks the policy of now what the call demands of its resource, everything else being as it was decided on: a condition over `resource`. A
   * write asks it again, of the row itself. Absent for tools without a resource. Throws `policy.evaluation-failed`.
   */
  readonly demands?: () => OpenDecision
  readonly facts: Facts
  readonly decision: Decision
  readonly obligations: readonly Obligation[]
  readonly policyVersion: string
  /** The consent of other people that the decision rests on, and whose it is. */
  readonly approval?: { readonly id: string; readonly approvers: readonly Subject[] }
  /** What the decision was told of the calls before, this one included. Absent for a tool of which nothing is told. */
  readonly history?: JsonObject
  /** Milliseconds since the epoch after which its clients refuse. */
  readonly deadline: number
}

/** A statement that returns, and writes, only what the call may. */
export interface ScopedStatement {
  readonly text: string
  /** Present when it writes, also where only its WITH does. */
  readonly write?: WrittenAs | undefined
  /** The user's parameters, then the policy's bound values. */
  readonly parameters: readonly unknown[]
  /** Whether one plan of it is as good as another, whatever values it is sent with: only known of simple ones. */
  readonly isSteady?: boolean | undefined
  /** What was added and why, for explanation and audit: no values. */
  readonly scopes: readonly StatementScope[]
  /** Which labels its answer may carry, and how to know whether it does. */
  readonly labels: readonly LabelQuestion[]
  /** Of a write whose call is about a row of this database: what must answer with one row before, in the same transaction. */
  readonly held?: { readonly text: string; readonly parameters: readonly unknown[] } | undefined
}

/** What became of a statement that writes. */
export interface WrittenAs {
  /** The first word of what was written. */
  readonly command: 'INSERT' | 'UPDATE' | 'DELETE' | 'SELECT'
  /**
   * `rows` where the answer is what the statement returns; `marks` where it returns nothing and is answered with one row for each that was
   * written, with nothing in it to hand on.
   */
  readonly answers: 'rows' | 'marks'
}

/** How to know whether the answer to one statement rests on rows that carry a label. */
export interface LabelQuestion {
  readonly label: string
  /** The relation whose rows may carry it, as `schema.table`. */
  readonly relation: string
  /**
   * Present when nothing but the rows of the relation that are in the result could have influenced it: the output column that
   * is the relation's label column itself, in every row.
   */
  readonly exposedAs?: string
  /**
   * Asks whether the call may see any labeled row of the relation: one row with the boolean `labeled`. It decides wherever
   * `exposedAs` cannot, so that an aggregate, which shows no row, still counts as having read them.
   */
  readonly probe: { readonly text: string; readonly parameters: readonly unknown[] }
}

/**
 * What keeps a statement's conditions from running on rows of a relation that are hidden: `none` where none of them can fail or all rows are
 * visible, `guard` where one runs only once the filter holds, `fence` where the filter comes first whatever the planner would like.
 */
export type Barrier = 'none' | 'guard' | 'fence'

/** How one relation of a statement was narrowed. */
export interface RelationScope {
  readonly relation: string
  readonly entity: string
  /** How it is written. Absent for reading. */
  readonly action?: WriteAction | undefined
  readonly policies: readonly string[]
  readonly hiddenColumns: readonly string[]
  readonly maskedColumns: readonly string[]
}

/** How one relation was narrowed in one statement. */
export interface StatementScope extends RelationScope {
  /** The strongest of all its places in the statement. */
  readonly barrier: Barrier
}

/** What may leave a tool. */
export interface ReleasedResult {
  readonly result: JsonObject
  /** What was held back, as counts and field names: no values. */
  readonly withheld: { readonly rows: number; readonly fields: readonly string[]; readonly masked: readonly string[] }
  /**
   * The labels of released records that no guarded client returned; those that one returned were raised then. They are
   * raised before the result leaves.
   */
  readonly labels: readonly string[]
}

/** What a layer answers: its hand-over, or a denial. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly denial: Denial }

/**
 * Who may do one thing to one type of resource, subject and actor taken together: what is left of the policy once everything
 * known is folded in. `condition` is over the question's unknowns; a literal false means "never".
 */
export interface OpenDecision {
  readonly condition: Expr
  readonly policies: readonly string[]
  readonly policyVersion: string
  /** As in a decision. */
  readonly actor?: 'not-asked' | undefined
}

/**
 * What the execution layer asks: reading one entity type under this call. The condition is over `resource` (the row),
 * `context.field` and `context.form`. Throws LockstepError `policy.evaluation-failed`.
 */
export type AskRead = (call: AuthorizedCall, entityType: string) => OpenDecision

/** How the rows of a table are written, as the policy names it. */
export type WriteAction = 'create' | 'update' | 'delete'

/**
 * What the execution layer asks of writing: one action on one entity type under this call. The condition is over `resource` (the row as it is,
 * or as it is to be), `context.field` and `context.form`, which is `plain`. Throws as `AskRead` does.
 */
export type AskWrite = (call: AuthorizedCall, entityType: string, action: WriteAction) => OpenDecision
