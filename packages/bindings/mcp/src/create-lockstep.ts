import { resolve } from 'node:path'
import {
  type AuthorizedCall,
  assertOneCore,
  type Caller,
  createSeal,
  type DescribedPolicy,
  type Drill,
  LockstepError,
  type Mode,
  systemClock,
} from '@lockstep/core'
import { checkCapability, createDiscovery } from '@lockstep/discovery'
import { type AsSystem, createFinalRows, createSystemWork, type ExecutionGuard } from '@lockstep/execution'
import { createGateway } from '@lockstep/gateway'
import { createCallLifecycle } from '@lockstep/invocation'
import { openDecisionPoint, watchPolicies } from '@lockstep/policy'
import { createAnswers } from './answer.ts'
import { callerKey } from './caller-key.ts'
import type { LockstepConfiguration } from './configuration.ts'
import { createAskAccess } from './create-ask-access.ts'
import { createExplain, type Explain } from './create-explain.ts'
import { createRestore, type Restore } from './create-restore.ts'
import { createRevoke, type Revoke } from './create-revoke.ts'
import { createDecisionJournal } from './decision-journal.ts'
import { DEFAULT_LIMITS, DEFAULT_REVOCATION_BOUND_MS } from './default-limits.ts'
import { createEventReceiver } from './events/receive-events.ts'
import { createExchangeContext } from './exchange.ts'
import { createExplainStatements, type ExplainStatements } from './explain-statements.ts'
import { openRelationships } from './facts/open-relationships.ts'
import { createHandlerGuard, type ToolHandler } from './guard-handler.ts'
import { type GuardableServer, guardServer } from './guard-server.ts'
import { createHttpGuard, type HttpGuard } from './http/create-http-guard.ts'
import { createServiceEndpoints } from './http/service-endpoints.ts'
import { demandTransactions, ENFORCED, readModes } from './layer-modes.ts'
import { openExecution } from './open-execution.ts'
import { openInvocation } from './open-invocation.ts'
import { openState } from './open-state.ts'
import { listenToOperator } from './operator/listen-to-operator.ts'
import { createPipeline, type PipelineParts } from './pipeline.ts'
import { policyOptions } from './policy-options.ts'
import { createRateLimits } from './rate-limits.ts'
import { readManifest } from './read-manifest.ts'
import { createResume, type Resume } from './resume.ts'
import { followStanding } from './revocation/follow-standing.ts'
import { freshUses } from './revocation/fresh-uses.ts'
import { createOpenExchanges } from './revocation/open-exchanges.ts'
import { createRestsOn } from './revocation/rests-on.ts'
import { createToolCatalog } from './tool-catalog.ts'
import { validateConfiguration } from './validate-configuration.ts'

/** Where a configuration object comes from. */
export interface CreateLockstepOptions {
  /** What relative paths in the configuration start from. @defaultValue the working folder */
  readonly folder?: string | undefined
  /** For commands: opens a shared state beside the instance that serves, with a folder of this name of its own. */
  readonly beside?: string | undefined
  /** For drills: revoking and restoring concern this drill only, and only this instance and those of the same drill see it. */
  readonly drill?: Drill | undefined
}

/** A running instance: the four layers of one MCP server. */
export interface Lockstep {
  /** Guards one HTTP request; the framework bindings are thin over it. */
  readonly http: HttpGuard
  /** For `guardPool`, `guardClient` and `guardDialect`. */
  readonly execution: ExecutionGuard
  /** The version of the policy in force. */
  readonly policyVersion: string
  /**
   * Guards every tool that a server has or will register. Throws `configuration.tool-undeclared` for a tool that the
   * configuration does not name.
   */
  guardServer<S extends GuardableServer>(server: S): S
  /** Guards one handler of a tool that takes arguments (the decorator pattern). */
  guardTool<H extends ToolHandler>(tool: string, handler: H): H
  /**
   * Runs one call of a tool on a service of its own, which is no MCP server: rebuilds the `AuthorizedCall` from the request's access token,
   * its proof, its `Txn-Token` and the arguments. See `Resume`.
   */
  readonly resume: Resume
  /** Runs trusted work without a caller: named, recorded, and over when the function is done. */
  readonly asSystem: AsSystem
  /**
   * Revokes everything that was issued so far to a subject, an actor or a client, one access or transaction token, one capability, all
   * `decisions`, or `everything`; or a permission, by the `@id` of a permit or by an action, until it is restored. In force with the next step
   * here and within the configured bound on every other instance over the same state; open streams and calls that rest on it are ended, and it
   * is recorded with the reason. Who signs in again is let in again, from ten seconds later on. What was issued after `at` stands.
   */
  readonly revoke: Revoke
  /** Restores a permission that was revoked. */
  readonly restore: Restore
  /**
   * Explains what the policy says of a call that nobody made: what decided, where it stands, what each condition read and how it came out, for
   * the subject and for the actor, and what would change a denial. For operators and tests: whoever may call it may ask about everybody. Of a
   * resource that the subject may not view nothing is told, unless `reveal` is set. Nothing is recorded, requested or used up.
   *
   * Rejects with `TypeError` when it is misused, and with LockstepError when the arguments are refused or a source fails.
   */
  readonly explain: Explain
  /**
   * Rewrites statements for somebody who did not send them, as a guarded client would: what a reader would see, and why. For operators and tests:
   * whoever may call it may ask about everybody. The reader's relationships are loaded once; nothing is sent, recorded or used up.
   *
   * Rejects with `TypeError` when nobody can be meant, and with LockstepError when the relationships cannot be loaded.
   */
  readonly explainStatements: ExplainStatements
  /** The policies in force, in the order of their files. */
  describePolicies(): readonly DescribedPolicy[]
  /** Stops watching policies and closes the state. Guarded clients and requests are refused afterwards. */
  close(): Promise<void>
}

/**
 * Creates an instance from a configuration: validates it, loads the policies and checks the table mapping against the
 * database before the first request.
 *
 * @throws LockstepError `configuration.*`, `policy.invalid`, `execution.mapping-invalid`, `state.*`, `audit.*`: one message
 *   that names what is wrong and how to mend it. Nothing stays open then.
 *
 * @example
 * ```ts
 * import { createLockstep, defineConfig } from '@lockstep/mcp'
 *
 * const lockstep = await createLockstep(
 *   defineConfig({
 *     resource: 'https://mcp.example.com/mcp',
 *     issuers: [{ issuer: 'https://login.example.com', jwksUri: 'https://login.example.com/jwks' }],
 *     tools: { readNote: { output: { text: 'public' } } },
 *   }),
 * )
 * ```
 */
export async function createLockstep(
  given: LockstepConfiguration,
  options: CreateLockstepOptions = {},
): Promise<Lockstep> {
  assertOneCore()
  const configuration = validateConfiguration(given, 'configuration')
  const base = resolve(options.folder ?? '.')
  const clock = configuration.clock ?? systemClock
  const { resource, tools, acrValues = [], trustDomain = new URL(configuration.resource).hostname } = configuration
  const modes = readModes(configuration.mode)
  const limits = { ...DEFAULT_LIMITS, ...configuration.limits }

  const manifest =
    configuration.manifest === undefined ? undefined : await readManifest(resolve(base, configuration.manifest))
  const point = await openDecisionPoint({
    folder: resolve(base, configuration.policies ?? './policies'),
    ...policyOptions(configuration),
    actors: configuration.policyActors,
    engine: configuration.policyEngine,
    compare: configuration.policyComparison,
    loading: configuration.policyLoading,
  })
  const bound = configuration.revocation?.bound ?? DEFAULT_REVOCATION_BOUND_MS
  const opened = await openState({
    state: configuration.state ?? './.lockstep',
    base,
    origin: trustDomain,
    audit: configuration.audit,
    bound,
    beside: options.beside,
    clock,
  })
  const { feed } = opened
  const state = { ...opened, singleUse: freshUses(opened.singleUse, { feed, bound }) }
  const exchanges = createOpenExchanges({ feed, bound, isRevoked: state.singleUse.isRevoked })
  const unfollow = followStanding(feed, point, options.drill)
  const unwatch = watchPolicies(point, { onError: configuration.onPolicyError ?? printPolicyError })
  let deafen: () => void = () => undefined
  const close = async () => {
    deafen()
    unwatch()
    unfollow()
    exchanges.close()
    await state.close()
  }

  try {
    const { audit, signer, singleUse, history, idempotency, rateLimiter } = state
    const callers = createSeal<Caller>()
    const calls = createSeal<AuthorizedCall>()
    const lifecycle = createCallLifecycle(clock)
    const context = createExchangeContext()
    const catalog = createToolCatalog(manifest, Object.keys(tools))
    const finalRows = createFinalRows()
    const rateLimits = createRateLimits(rateLimiter, configuration.rateLimits ?? {}, tools)
    const gateway = createGateway({
      resource,
      issuers: configuration.issuers,
      singleUse,
      meter: rateLimits.request,
      seal: callers.seal,
      scopes: configuration.scopes,
      workloads: configuration.workloads,
      actors: configuration.actors,
      autonomous: configuration.autonomous,
      acrValues,
      verification: configuration.verification,
      proof: configuration.proof,
      nonceKey: state.nonceKey,
      clock,
    })
    const raise = async ({ caller }: Pick<AuthorizedCall, 'caller'>, labels: readonly string[]) => {
      if (labels.length > 0) await history.raise(callerKey(caller), labels, clock() + limits.labelMs)
    }
    const relationships = await openRelationships({
      configuration,
      declared: point.entities,
      limits,
      given: { tuples: state.relations, base, issuers: configuration.issuers.map(({ issuer }) => issuer) },
    })
    const modeOf = (layer: Mode, tool: string | undefined): Mode =>
      (tool !== undefined && Object.hasOwn(tools, tool) ? tools[tool]?.mode : undefined) ?? layer
    const executionMode = (tool: string | undefined) => modeOf(modes.execution, tool)
    const execution = await openExecution({
      configuration,
      base,
      ...createAskAccess(point),
      declared: point.entities,
      point,
      limits,
      finalRows,
      audit,
      context,
      isOpen: (call) => calls.isSealed(call) && lifecycle.isOpen(call),
      executionMode,
      raise,
    })
    const answers = createAnswers((denial) => gateway.challenge(denial), configuration.denialCode ?? 403)
    const discovery = createDiscovery({ point, tools, acrValues, signer, clock })
    const { invocation, transactions, approvals } = openInvocation({
      configuration,
      trustDomain,
      point,
      state,
      relationships,
      resources: execution.resources.source,
      catalog,
      discovery,
      lifecycle,
      seal: calls.seal,
      isCaller: callers.isSealed,
      journal: createDecisionJournal(configuration, base, clock),
      clock,
      limits,
    })
    const layers: PipelineParts = {
      tools,
      modes,
      clock,
      catalog,
      audit,
      history,
      idempotency,
      discovery,
      invocation,
      transactions,
      checkCapability: (params, caller, tool) =>
        checkCapability(
          { signer, policyVersion: () => point.version, isRevoked: singleUse.isRevoked },
          params,
          caller,
          tool,
        ),
      relationships,
      release: execution.release,
      authorityOf: execution.resources.authorityOf,
      raise,
      countCall: rateLimits.call,
      executionMode,
      closeCall: (call) => lifecycle.close(call),
      policyVersion: () => point.version,
      deny: answers,
    }
    const pipeline = createPipeline(layers)
    const jwks = () => ({ keys: [...signer.jwks().keys, ...transactions.jwks().keys] })
    const service = createServiceEndpoints({
      tokens: transactions.service,
      approvals,
      relationships,
      audit,
      deny: (denial) => answers(denial, null),
      bodyBytes: limits.bodyBytes,
    })
    const handlers = createHandlerGuard({
      context,
      isOpen: lifecycle.isOpen,
      modeOf: (tool) => modeOf(modes.invocation, tool),
      isByManifest: catalog.isByManifest,
    })
    const parts = { tools, catalog, handlers }
    const { revocations } = state
    const recorded = { revocations, audit, policyVersion: () => point.version, drill: options.drill, clock }
    const { forgetVerified } = gateway
    const revoke = createRevoke({ ...recorded, forgetVerified, permission: point.permission })
    const restore = createRestore(recorded)
    const { state: kept = './.lockstep' } = configuration
    // Nobody else can open a state that this process has locked.
    if (typeof kept === 'string' && kept !== 'memory')
      deafen = await listenToOperator(resolve(base, kept), { revoke, restore })
    const { events: transmitters } = configuration
    const restsOn = createRestsOn((tool) => point.within((Object.hasOwn(tools, tool) && tools[tool]?.action) || tool))
    return {
      http: createHttpGuard({
        gateway,
        pipeline,
        exchanges,
        restsOn,
        service,
        events: transmitters && createEventReceiver({ transmitters, revoke, audit, clock }),
        jwks,
        context,
        audit,
        modes,
        limits,
        publicPaths: configuration.publicPaths ?? ['/health'],
        origins: configuration.origins ?? [],
        resource: new URL(resource),
        deny: answers,
      }),
      resume: createResume({
        pipeline: createPipeline({ ...layers, modes: ENFORCED, tools: demandTransactions(tools) }),
        gateway,
        exchanges,
        restsOn,
        context,
        audit,
        resource: new URL(resource),
        origins: configuration.origins ?? [],
        deny: answers,
        headerBytes: limits.headerBytes,
        callMs: limits.callMs,
      }),
      execution: execution.guard,
      get policyVersion() {
        return point.version
      },
      guardServer: (server) => guardServer(parts, server),
      guardTool(tool, handler) {
        if (!Object.hasOwn(tools, tool)) throw new LockstepError('configuration.tool-undeclared', `\`${tool}\``)
        return handlers.guard(tool, handler)
      },
      asSystem: createSystemWork({
        audit,
        currentCall: () => context.current()?.call,
        run: (work, fn) => context.run({ trace: work.trace, mode: 'enforce', system: work }, fn),
      }),
      explain: createExplain({
        configuration,
        point,
        relationships,
        resources: execution.resources.source,
        history,
        catalog,
      }),
      explainStatements: createExplainStatements({
        configuration,
        rewriter: execution.rewriter,
        relationships,
        policyVersion: () => point.version,
      }),
      describePolicies: () => point.describe(),
      revoke,
      restore,
      close,
    }
  } catch (error) {
    await close()
    if (error instanceof TypeError) throw new LockstepError('configuration.invalid', error.message, { cause: error })
    throw error
  }
}

function printPolicyError(error: unknown): void {
  process.stderr.write(
    `lockstep: the policy in force stays: ${error instanceof Error ? error.message : String(error)}\n`,
  )
}
