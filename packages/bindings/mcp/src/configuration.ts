import type {
  AuditSink,
  Clock,
  HistoryRules,
  MaskOptions,
  Mode,
  Notifier,
  NotifyObligation,
  ObligationMessage,
  OpenableRelationships,
  OwnObligation,
  RateLimit,
  RelationMapping,
  RelationshipSource,
  ResourceSource,
  TableMapping,
  ToolDeclaration,
  ToolRateLimits,
} from '@lockstep/core'
import type { RewriteEvent } from '@lockstep/execution'
import type { TextRedactorOptions } from '@lockstep/execution/egress'
import type { IssuerOptions, ProofOptions } from '@lockstep/gateway'
import type { ComparisonOptions, LoadingBounds } from '@lockstep/policy'
import type { StateSource } from '@lockstep/stores'
import type { LegacyTxnTokens } from '@lockstep/tokens'
import type { EventTransmitter } from './events/event-transmitter.ts'
import type { DeclaredPrompt, DeclaredResource } from './reached/declared-reach.ts'

/** Runs one statement for Lockstep itself, with bound parameters: the shape of PGlite and of pg. */
export type QueryFunction = (
  text: string,
  parameters: unknown[],
) => Promise<{ readonly rows: readonly Record<string, unknown>[] }>

/** Reads the team's tables for Lockstep itself. */
export interface DatabaseReader {
  readonly query: QueryFunction
  /**
   * The role that the statements run as. It is compared with the live database at the start, where it must be able to do no more than read
   * what the mappings name, and recorded with every call that is about a resource. @defaultValue not compared, and recorded as `undeclared`
   */
  readonly as?: string
}

/** The floor under the rewriter: native row-level security in the database (`lockstep rls generate`). */
export interface ConfiguredFloor {
  /**
   * Writes down who is calling, as a login of its own that is not the application's: a `pg.Pool` fits. Every statement of a guarded client
   * then carries the handle of its call.
   */
  readonly writer: { readonly query: QueryFunction }
  /** The application's login, which the floor is laid for. @defaultValue `--role` of `lockstep rls` says it */
  readonly role?: string
  /** The login of `writer`. @defaultValue `lockstep_writer` */
  readonly writerRole?: string
  /** The role that owns the floor's objects. @defaultValue the name of the schema */
  readonly owner?: string
  /** Roles whose rows stay as their grants say, beside that of `database`. @defaultValue none */
  readonly exempt?: readonly string[]
  /** The schema of the floor's own objects. @defaultValue `lockstep_floor` */
  readonly schema?: string
  /**
   * What becomes of a column that is read in some rows only, or only as a mask. With `withhold` the application is not granted it, and statements
   * that name it fail; with `grant` the rewriter alone holds its cells back. @defaultValue `withhold`
   */
  readonly partialColumns?: 'withhold' | 'grant'
}

/** A function of the team's that loads resources, and under which authority it does. */
export interface DeclaredResources extends ResourceSource {
  /** The role or account that it reads as, in 1 to 128 visible characters: recorded with every call that is about a resource. */
  readonly authority: string
  /** The entity types that it loads. No other is asked of it. */
  readonly types: readonly string[]
}

/** What a `lockstep.config.ts` exports by default. Everything is validated when it loads; unknown keys are refused. */
export interface LockstepConfiguration {
  /** The URL of the MCP endpoint: the audience of tokens (RFC 8707, RFC 9728). */
  readonly resource: string
  /** The authorization servers whose access tokens are accepted. */
  readonly issuers: readonly IssuerOptions[]
  /** Every tool that a guarded server may register. A tool that is not named here does not exist for callers. */
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  /** Every resource, and template of resources, that a guarded server may register, by its name. @defaultValue none, and they are refused */
  readonly resourceTemplates?: Readonly<Record<string, DeclaredResource>>
  /** Every prompt that a guarded server may register. @defaultValue none, and they are refused */
  readonly prompts?: Readonly<Record<string, DeclaredPrompt>>
  /** Folder with `schema.cedarschema` and `*.cedar`, relative to the configuration file. @defaultValue `./policies` */
  readonly policies?: string
  /**
   * The server's tools as JSON (`lockstep policy manifest` writes it), relative to the configuration file. With it arguments are parsed before the
   * first server object exists, and a server that registers a tool with another schema is refused. @defaultValue what servers register
   */
  readonly manifest?: string
  /**
   * What evaluates the policies: the evaluator of our own, or cedar-wasm, which it is held equal to and which takes longer.
   * @defaultValue `lockstep`
   */
  readonly policyEngine?: 'lockstep' | 'cedar-wasm'
  /**
   * Puts a fraction of the decisions to the other engine as well. Where the two disagree the call is denied with `policy.engines-disagree`, and
   * `onDisagreement` is told, without facts or arguments. @defaultValue not compared
   */
  readonly policyComparison?: ComparisonOptions
  /**
   * What one load of the policies may take, in a thread of its own, at the start and whenever they are edited.
   * @defaultValue `{ milliseconds: 60000, megabytes: 256 }`
   */
  readonly policyLoading?: LoadingBounds
  /**
   * `any` when the policies leave it to the subject through which actor a call is made: it is then asked about for the subject alone, with the
   * actor in `context.actor`. @defaultValue subject and actor must both be permitted, and policies that never permit an actor do not load
   */
  readonly policyActors?: 'any'
  /** Which table is which entity (`policies/tables.ts`). Without it guarded database clients refuse everything. */
  readonly tables?: TableMapping
  /** Reads the mapped tables for Lockstep itself: the resource of a call, the relationships of a caller, and the check of both mappings at start. */
  readonly database?: DatabaseReader
  /**
   * A snapshot of the database's catalog (`lockstep tables snapshot` writes it), relative to the configuration file: the mapping is held
   * against it where there is no `database`. @defaultValue none
   */
  readonly catalog?: string
  /** Native row-level security under the rewriter, which holds when everything above it fails. @defaultValue none */
  readonly floor?: ConfiguredFloor
  /** Loads resources that calls are about from elsewhere than the mapped tables. @defaultValue all from `tables`, through `database` */
  readonly resources?: DeclaredResources
  /**
   * The relationships of a caller: from views of the team's own tables, as `policies/relations.ts` declares them (`defineRelations`) and
   * `database` reads them, or from a source. @defaultValue the subject and the actor without attributes
   */
  readonly relationships?: RelationMapping | RelationshipSource | OpenableRelationships
  /**
   * Sums, counts, first uses and scores of calls, for policies on sequences: `context.history`. See docs/guide/sequences.md.
   * @defaultValue none, and nothing of calls is remembered but the labels of what was read
   */
  readonly history?: HistoryRules
  /** acr values that count, weakest first. @defaultValue none */
  readonly acrValues?: readonly string[]
  /**
   * Ages of sign-ins, in seconds, that may be demanded where a policy asks for a fresh one by `context.signInAge`: the longest that helps is
   * named (`max_age`, RFC 9470). @defaultValue none: however old a sign-in is, no newer one is asked for
   */
  readonly maxAges?: readonly number[]
  /** What must be shown beside a token: DPoP algorithms and window, nonces, certificates. @defaultValue DPoP, without nonces */
  readonly proof?: ProofOptions
  /**
   * Trust domains whose workloads are known by the certificate of their connection (X.509-SVID), by name, with their authorities in PEM or
   * what tells them now. @defaultValue none
   */
  readonly workloads?: Readonly<Record<string, { readonly authorities: string | (() => string) }>>
  /**
   * SPIFFE IDs of gateways that ask for transaction tokens, and present them, on behalf of callers whose proofs they have seen (the mediated
   * profile). They are believed in that: `workloads` must name their trust domain. @defaultValue none
   */
  readonly mediators?: readonly string[]
  /** Actors of clients whose tokens carry no `act` and whose connection proves no workload, by client id. @defaultValue none */
  readonly actors?: Readonly<Record<string, string>>
  /** Actors that may act for themselves, as subject and actor in one. @defaultValue none */
  readonly autonomous?: readonly string[]
  /** Scopes that every token needs, and that the metadata announces. @defaultValue none */
  readonly scopes?: readonly string[]
  /** The `aud` of transaction tokens, and the name of the audit log. @defaultValue the host name of `resource` */
  readonly trustDomain?: string
  /**
   * Whose transaction tokens count here, on a service that resumes calls which another instance agreed to. That one names our `resource` as
   * the `service` of the tool, and has the same policies. @defaultValue our own service's
   */
  readonly transactions?: TransactionIssuer
  /** The keys that our own transaction tokens are signed with. @defaultValue a new one every 30 days */
  readonly transactionKeys?: {
    /** For how many days one key signs, 1 to 365: all instances over one state change at the same moment. @defaultValue 30 */
    readonly rotateAfterDays?: number
  }
  /**
   * An issuer of transaction tokens in the older form (`mcp-txn+jwt`, with the tool as audience), whose tokens count beside ours: for a
   * migration. @defaultValue none
   */
  readonly legacyTransactions?: Omit<LegacyTxnTokens, 'resource'>
  /**
   * Who may consent as a second person: a user whose attribute `relation` (a set) holds what the resource's attribute `of` names, for
   * example `{ relation: 'coApproverFor', of: 'dept' }`; or up to three such rules, each of another relation. How many people of which are needed, the
   * policy says. @defaultValue nobody: no approval can be demanded
   */
  readonly approvers?: ConfiguredApprover | readonly ConfiguredApprover[]
  /** How long requests for consent wait, how many, and who is told. @defaultValue as each member says */
  readonly approvals?: ConfiguredApprovals
  /**
   * Pages on which people see what waits for their consent, and decide on it, after they signed in with OpenID Connect. Clients that declare URL
   * elicitation are led there. @defaultValue none: consent is given through the endpoints alone
   */
  readonly pages?: ConfiguredPages
  /**
   * `memory`, a folder that this process locks, or a source that instances share: `postgresState()` of `@lockstep/stores/postgres`.
   * @defaultValue `./.lockstep` beside the configuration file
   */
  readonly state?: string | StateSource
  /** When what was revoked elsewhere must be known here. @defaultValue within 5 seconds */
  readonly revocation?: ConfiguredRevocation
  /** Where audit events go. @defaultValue the log in the state folder */
  readonly audit?: AuditSink
  /** Exact paths that are not guarded, beside the metadata. @defaultValue `['/health']` */
  readonly publicPaths?: readonly string[]
  /** Browser origins that may call. @defaultValue none */
  readonly origins?: readonly string[]
  /**
   * Who may tell, at `/.lockstep/events`, that a subject or a token is not to be believed any more: transmitters of OpenID SSF that push
   * the events of CAEP (RFC 8935). @defaultValue nobody
   */
  readonly events?: readonly EventTransmitter[]
  /** Observe or enforce, for all layers or one by one. @defaultValue `enforce` */
  readonly mode?: Mode | Partial<Readonly<Record<'gateway' | 'discovery' | 'invocation' | 'execution', Mode>>>
  /** The key of hashes, and masks of one's own. @defaultValue no key, and none */
  readonly masks?: MaskOptions
  /**
   * What policies may oblige calls to beside the obligations of the house. See docs/guide/responses.md.
   * @defaultValue nobody is told, and none of one's own
   */
  readonly obligations?: {
    /**
     * Tells people of what `@notify("topic")` demands: a function, or `webhookNotifier()`. A notice is kept before the answer leaves, and told at
     * least once. @defaultValue no policy may name it
     */
    readonly notify?: NotifyObligation | Notifier<ObligationMessage> | undefined
    /** Carries out `@redact_text`: which secrets and personal data are removed from texts. See docs/guide/redaction.md. @defaultValue no policy may name it */
    readonly redactText?: TextRedactorOptions | undefined
    /** Obligations of one's own, by the annotation that names them. @defaultValue none */
    readonly own?: Readonly<Record<string, OwnObligation>> | undefined
  }
  /** Functions that SQL may call beside the built-in list, by name. @defaultValue none */
  readonly functions?: readonly string[]
  /** Schemas in which SQL finds a table that is named without one, in order. @defaultValue `['public']` */
  readonly searchPath?: readonly string[]
  /** Operators that SQL may use beside the built-in list, by name: `public.<->`. @defaultValue none */
  readonly operators?: readonly string[]
  /** Types that SQL may cast to beside the built-in list, by name: `public.vector`. @defaultValue none */
  readonly types?: readonly string[]
  readonly limits?: ConfiguredLimits
  /**
   * Keeps the inputs of every decision, arguments, facts and resources in plain text, in a file of this machine, so that
   * `lockstep policy diff --decisions` can decide them again. The file is as sensitive as the data. @defaultValue nothing is kept
   */
  readonly decisions?: KeptDecisions
  /**
   * How signatures are verified: `fast` by node:crypto, remembering proof keys and tokens that it has verified, or `jose` every time by the
   * library. Both answer alike. @defaultValue `fast`
   */
  readonly verification?: 'fast' | 'jose'
  /** How often anybody may ask. @defaultValue no limit: what is too often depends on what the tools cost */
  readonly rateLimits?: ConfiguredRateLimits
  /** JSON-RPC code of a denial that the protocol has no code for. @defaultValue 403 */
  readonly denialCode?: number
  /** Told of every statement as a tool sent it and as it was run: for development. The texts hold no bound values. */
  readonly onRewrite?: (event: RewriteEvent) => void
  /** Told when a policy that was changed on disk does not load; the old version stays in force. @defaultValue standard error */
  readonly onPolicyError?: (error: unknown) => void
  /** @defaultValue the machine's clock */
  readonly clock?: Clock
}

/**
 * How often anybody may ask. Requests are counted once their token and proof are verified, so nobody uses up the budget of somebody
 * else. The limits of a tool can be declared with the tool instead.
 */
export interface ConfiguredRateLimits extends ToolRateLimits {
  /** Requests of one subject, through whatever actor. @defaultValue no limit */
  readonly subject?: RateLimit | undefined
  /** Requests of one actor, for whatever subject. @defaultValue no limit */
  readonly actor?: RateLimit | undefined
}

/** How people sign in to pages: as an OpenID Connect client of ours, by code and PKCE. The package `openid-client` must be installed. */
export interface ConfiguredPages {
  /** Who signs people in: one of `issuers`, whose subjects they then are. It is asked for its metadata when the first person comes. */
  readonly issuer: string
  /** The client that is registered there, with `<origin>/.lockstep/pages/callback` as its redirect URI. */
  readonly clientId: string
  /** @defaultValue a public client */
  readonly clientSecret?: string
  /** Where people reach the pages: scheme, host and port. @defaultValue the origin of `resource` */
  readonly origin?: string
  /**
   * Lets people sign in on a page for a single call that needs a stronger or a fresher sign-in, where their client elicits URLs. See
   * docs/guide/step-up.md for what that proves. @defaultValue false: the access token alone says how somebody signed in
   */
  readonly stepUp?: boolean
}

/** What is promised about revocations. */
export interface ConfiguredRevocation {
  /**
   * Milliseconds within which a revocation that another instance made holds here. While it cannot be known that long what was revoked,
   * everything is denied with `state.feed-silent`. 500 to 60000. @defaultValue 5000
   */
  readonly bound?: number
}

/** Whoever stands in one relation to the resource may be asked to consent. */
export interface ConfiguredApprover {
  /** An attribute of `User`, a set. */
  readonly relation: string
  /** The attribute of the resource that it must hold. */
  readonly of: string
}

/** How people are asked to consent. */
export interface ConfiguredApprovals {
  /**
   * Milliseconds that a request waits, and that consent to it counts, from the request on; a denial stays as long. 1000 to 604800000 (a week).
   * @defaultValue 600000
   */
  readonly lifetimeMs?: number
  /**
   * How many requests may wait at once: of one subject through one actor, and of everybody for the same people. Beyond that calls are answered with
   * `gateway.rate-limited`. @defaultValue 20 and 200
   */
  readonly waiting?: { readonly caller?: number; readonly asked?: number }
  /** New requests of one subject through one actor. @defaultValue 60 in every hour */
  readonly requests?: RateLimit
  /** Tells people of requests and of what becomes of them: `webhookNotifier()`. @defaultValue nobody is told */
  readonly notifier?: Notifier
}

/** The transaction token service of another instance. */
export interface TransactionIssuer {
  /** Its `iss`: the resource URL of the instance that issues. */
  readonly issuer: string
  /** URL of its keys, `https://…/.lockstep/jwks`; exactly one of `jwksUri` and `jwks`. */
  readonly jwksUri?: string
  readonly jwks?: { readonly keys: readonly object[] }
}

/** Where the inputs of decisions are kept. */
export interface KeptDecisions {
  readonly keep: 'inputs'
  /** Relative to the configuration file. @defaultValue `decisions.jsonl` in the state folder; needed where the state is no folder */
  readonly file?: string
}

/** Bounds that can be configured. */
export interface ConfiguredLimits {
  /** Bytes of a request body. @defaultValue 262144 */
  readonly bodyBytes?: number
  /** Nesting of a request body. @defaultValue 64 */
  readonly bodyDepth?: number
  /** Bytes of all request headers; Node's own bound (`--max-http-header-size`) stands before it. @defaultValue 16384 */
  readonly headerBytes?: number
  /** Bytes of one JSON answer. @defaultValue 16777216 */
  readonly answerBytes?: number
  /** Milliseconds that a call may take. @defaultValue 30000 */
  readonly callMs?: number
  /**
   * Milliseconds that a call waits for consent once its client, which declares URL elicitation in MCP 2026-07-28, led a person to the page; at
   * most 25000, below what clients wait. @defaultValue 10000
   */
  readonly consentMs?: number
  /** Milliseconds that a label of what was read lasts. @defaultValue 86400000 (a day) */
  readonly labelMs?: number
  /** Milliseconds that reading a caller's relationships, or a call's resource, may take. @defaultValue 2000 */
  readonly factsMs?: number
  /** Milliseconds that one answer of a store, or of the audit log, may take: then the request is denied with 503. @defaultValue 10000 */
  readonly stateMs?: number
  /**
   * Values that the relationships of one caller, or one resource, may hold: attributes, members of sets and parents counted alike, and a text
   * once more for every 64 characters. @defaultValue 20000
   */
  readonly factValues?: number
  /**
   * Bytes of one SQL statement, up to 1048576. Beyond 16384 only flat statements pass: long lists of values.
   * @defaultValue 16384
   */
  readonly statementBytes?: number
}

/** Types a configuration; returns it as it is. */
export function defineConfig(configuration: LockstepConfiguration): LockstepConfiguration {
  return configuration
}
