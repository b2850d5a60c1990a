import type {
  AuthorizedCall,
  Caller,
  Clock,
  DecisionPoint,
  RelationshipSource,
  ResourceSource,
  Seal,
} from '@lockstep/core'
import type { Discovery } from '@lockstep/discovery'
import {
  type Approvals,
  type CallHistory,
  type CallLifecycle,
  createApprovals,
  createInvocation,
  type Invocation,
  type InvocationOptions,
} from '@lockstep/invocation'
import { approverRules } from './approver-rules.ts'
import type { LockstepConfiguration } from './configuration.ts'
import { createResourceView } from './create-resource-view.ts'
import { DEFAULT_APPROVAL_REQUESTS } from './default-limits.ts'
import type { OpenedState } from './open-state.ts'
import { type OpenedTransactions, openTransactions } from './open-transactions.ts'
import type { PipelineParts } from './pipeline.ts'
import { policyOptions } from './policy-options.ts'
import type { SignIns } from './signing-in/open-sign-ins.ts'
import { withSignIns } from './signing-in/with-sign-ins.ts'
import type { ToolCatalog } from './tool-catalog.ts'

/** The invocation layer of one instance. */
export interface OpenedInvocation {
  readonly invocation: Invocation
  readonly transactions: OpenedTransactions
  /** Absent when the configuration names no approvers, or there is nothing to approve. */
  readonly approvals: Approvals | undefined
}

/** What `openInvocation` needs. */
export interface OpenInvocationOptions {
  readonly configuration: LockstepConfiguration
  readonly trustDomain: string
  readonly point: DecisionPoint
  readonly state: OpenedState
  readonly calls: CallHistory | undefined
  readonly relationships: RelationshipSource
  readonly resources: ResourceSource | undefined
  readonly catalog: ToolCatalog
  readonly discovery: Discovery
  readonly lifecycle: CallLifecycle
  readonly seal: Seal<AuthorizedCall>['seal']
  readonly isCaller: Seal<Caller>['isSealed']
  readonly sealCaller: Seal<Caller>['seal']
  /** Absent where nobody signs in on pages for a call. */
  readonly signIns: SignIns | undefined
  /** Judges a capability in `_meta`. */
  readonly checkCapability: PipelineParts['checkCapability']
  readonly journal: InvocationOptions['journal']
  readonly clock: Clock
  readonly limits: { readonly bodyBytes: number; readonly bodyDepth: number; readonly callMs: number }
}

/** Opens the invocation layer: decisions, second persons' consent, and transaction tokens. */
export function openInvocation(options: OpenInvocationOptions): OpenedInvocation {
  const {
    configuration,
    trustDomain,
    point,
    state,
    calls,
    relationships,
    resources,
    catalog,
    discovery,
    lifecycle,
    seal,
    isCaller,
    checkCapability,
    journal,
    clock,
    limits,
    signIns,
  } = options
  const { tools, tables = {}, acrValues = [], maxAges, resource, scopes } = configuration
  const approvers = approverRules(configuration.approvers)
  const { lifetimeMs, waiting, requests = DEFAULT_APPROVAL_REQUESTS, notifier } = configuration.approvals ?? {}
  const approvals =
    approvers && resources
      ? createApprovals({
          store: state.approvals,
          approvers,
          factsOf: (subject, actor) => relationships.load({ subject, ...(actor ? { actor: { id: actor } } : {}) }),
          point,
          tools,
          resources,
          isRevoked: state.singleUse.isRevoked,
          isCaller,
          clock,
          lifetime: lifetimeMs,
          waiting,
          meter: ({ subject, actor }) =>
            state.rateLimiter.take('approval', JSON.stringify([subject.issuer, subject.id, actor.id]), requests),
          notify: notifier !== undefined,
        })
      : undefined
  const decided = createInvocation({
    point,
    tools,
    resources,
    acrValues,
    maxAges,
    mayView: point.contextOf('read').members.size > 0 ? createResourceView(point, tables) : undefined,
    approvals,
    scopes,
    obligations: Object.keys(policyOptions(configuration).obligations ?? {}),
    seal,
    isCaller,
    lifecycle,
    clock,
    journal,
    history: calls,
    callLifetime: limits.callMs,
  })
  const invocation = signIns
    ? withSignIns(decided, { events: signIns.events, acrValues, seal: options.sealCaller })
    : decided
  const transactions = openTransactions({
    keptKey: state.keptKey,
    rotateAfterDays: configuration.transactionKeys?.rotateAfterDays,
    trustDomain,
    resource,
    tools,
    singleUse: state.singleUse,
    checkCapability,
    catalog,
    history: state.history,
    discovery,
    invocation,
    isCaller,
    verification: configuration.verification,
    transactions: configuration.transactions,
    legacy: configuration.legacyTransactions,
    clock,
    limits,
  })
  return { invocation, transactions, approvals }
}
