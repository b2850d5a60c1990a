import { resolve } from 'node:path'
import {
  type AuthorizedCall,
  assertOneCore,
  type Caller,
  createSeal,
  type Drill,
  LockstepError,
  type Mode,
  systemClock,
} from '@lockstep/core'
import { checkCapability, createDiscovery } from '@lockstep/discovery'
import { createFinalRows, createSystemWork } from '@lockstep/execution'
import { createGateway } from '@lockstep/gateway'
import { createCallLifecycle } from '@lockstep/invocation'
import { openDecisionPoint, watchPolicies } from '@lockstep/policy'
import { createAnswers } from './answer.ts'
import { callerKey } from './caller-key.ts'
import type { LockstepConfiguration } from './configuration.ts'
import { createAskAccess } from './create-ask-access.ts'
import { createExplain } from './create-explain.ts'
import { createRestore } from './create-restore.ts'
import { createRevoke } from './create-revoke.ts'
import { createDecisionJournal } from './decision-journal.ts'
import { DEFAULT_LIMITS, DEFAULT_REVOCATION_BOUND_MS } from './default-limits.ts'
import { createCompletions, tellDecided } from './elicitation/completions.ts'
import { openElicitation } from './elicitation/open-elicitation.ts'
import { createEventReceiver } from './events/receive-events.ts'
import { createExchangeContext } from './exchange.ts'
import { createExplainStatements } from './explain-statements.ts'
import { openRelationships } from './facts/open-relationships.ts'
import { createHandlerGuard } from './guard-handler.ts'
import { guardServer } from './guard-server.ts'
import { createHttpGuard } from './http/create-http-guard.ts'
import { createExchangeMediated } from './http/exchange-mediated.ts'
import { createServiceEndpoints } from './http/service-endpoints.ts'
import { openJobs } from './jobs/open-jobs.ts'
import { demandTransactions, ENFORCED, readModes } from './layer-modes.ts'
import type { Lockstep } from './lockstep.ts'
import { openNotices } from './notify/open-notices.ts'
import { createCarryOut } from './obligations/carry-out.ts'
import { obligationsOf } from './obligations/obligations-of.ts'
import { createObligeValues } from './obligations/oblige-values.ts'
import { openCallHistory } from './open-call-history.ts'
import { openExecution } from './open-execution.ts'
import { openInvocation } from './open-invocation.ts'
import { openState } from './open-state.ts'
import { listenToOperator } from './operator/listen-to-operator.ts'
import { openPages } from './pages/open-pages.ts'
import { createPipeline, type PipelineParts } from './pipeline.ts'
import { policyOptions } from './policy-options.ts'
import { createRateLimits } from './rate-limits.ts'
import { declareReached } from './reached/declare-reached.ts'
import { readManifest } from './read-manifest.ts'
import { createResume } from './resume.ts'
import { followStanding } from './revocation/follow-standing.ts'
import { freshUses } from './revocation/fresh-uses.ts'
import { createOpenExchanges } from './revocation/open-exchanges.ts'
import { createRestsOn } from './revocation/rests-on.ts'
import { openSent } from './sent/open-sent.ts'
import { openSignIns } from './signing-in/open-sign-ins.ts'
import { createStdio } from './stdio/open-stdio.ts'
import { openTasks } from './tasks/open-tasks.ts'
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
  const { configuration, reached } = declareReached(validateConfiguration(given, 'configuration'))
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
    stateMs: limits.stateMs,
  })
  const { feed } = opened
  const state = { ...opened, singleUse: freshUses(opened.singleUse, { feed, bound }) }
  const exchanges = createOpenExchanges({ feed, bound, isRevoked: state.singleUse.isRevoked })
  const unfollow = followStanding(feed, point, options.drill)
  const unwatch = watchPolicies(point, { onError: configuration.onPolicyError ?? printPolicyError })
  const obligations = obligationsOf(configuration)
  const endings: (() => unknown)[] = []
  const close = async () => {
    for (const end of endings.reverse()) await end()
    unwatch()
    unfollow()
    exchanges.close()
    await Promise.all([obligations.close(), state.close()])
  }

  try {
    const { audit, signer, singleUse, history, idempotency, rateLimiter } = state
    const [callers, calls] = [createSeal<Caller>(), createSeal<AuthorizedCall>()]
    const lifecycle = createCallLifecycle(clock)
    const context = createExchangeContext()
    const catalog = createToolCatalog(manifest, reached)
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
      mediators: configuration.mediators,
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
    const oblige = createObligeValues({ ...obligations.carriers, onFailure: printObligationFailure })
    const delivers = !options.drill && !options.beside
    const notices = openNotices({ configuration, store: state.approvals, audit, clock, delivers })
    endings.push(notices.close)
    const execution = await openExecution({
      ...{ configuration, reached, base, oblige },
      ...createAskAccess(point),
      declared: point.entities,
      point,
      limits,
      finalRows,
      carryOut: createCarryOut({
        ...obligations.carriers,
        keepNotice: notices.keepNotice,
        endSession: (call) => revoke({ subject: call.caller.subject }, 'an obligation of the policy'),
        clock,
        onFailure: printObligationFailure,
      }),
      audit,
      context,
      isOpen: (call) => calls.isSealed(call) && lifecycle.isOpen(call),
      ...{ executionMode, raise, answerBytes: limits.answerBytes, redactor: obligations.redactor },
    })
    const answers = createAnswers((denial) => gateway.challenge(denial), configuration.denialCode ?? 403)
    const discovery = createDiscovery({ point, tools, acrValues, maxAges: configuration.maxAges, signer, clock })
    const judged = { signer, policyVersion: () => point.version, isRevoked: singleUse.isRevoked }
    const judgeCapability: PipelineParts['checkCapability'] = (params, caller, tool) =>
      checkCapability(judged, params, caller, tool)
    const spending = openCallHistory({ configuration, declared: point.entities, store: state.spending, clock })
    const completions = createCompletions()
    const signIns = openSignIns({ configuration, trustDomain, state, policyVersion: () => point.version, clock })
    const { invocation, transactions, approvals } = openInvocation({
      ...{ configuration, trustDomain, signIns, sealCaller: callers.seal },
      calls: spending,
      point,
      state,
      relationships,
      resources: execution.resources.source,
      catalog,
      discovery,
      lifecycle,
      seal: calls.seal,
      isCaller: callers.isSealed,
      checkCapability: judgeCapability,
      journal: createDecisionJournal(configuration, base, clock),
      clock,
      limits,
    })
    if (transactions.service) await transactions.jwks()
    const { sentPlanOf: planOf, read } = execution
    const sealed = { trustDomain, grantKey: state.grantKey, singleUse, policyVersion: () => point.version }
    const sent = openSent({ planOf, read, oblige, raise, clock, context, approvals, ...sealed })
    const layers = {
      ...{ tools, reached, modes, clock },
      catalog,
      audit,
      history,
      idempotency,
      discovery,
      invocation,
      transactions,
      checkCapability: judgeCapability,
      relationships,
      sent,
      ...{ release: execution.release, beginStreamed: execution.beginStreamed },
      authorityOf: execution.resources.authorityOf,
      raise,
      countCall: rateLimits.call,
      executionMode,
      closeCall: (call: AuthorizedCall) => lifecycle.close(call),
      callMs: limits.callMs,
      policyVersion: () => point.version,
      deny: answers,
      ...openElicitation({
        configuration,
        trustDomain,
        grantKey: state.grantKey,
        policyVersion: () => point.version,
        ...{ singleUse, signIns, completions, consentMs: limits.consentMs, clock, approvals: state.approvals },
      }),
    }
    const jwks = async () => ({ keys: [...signer.jwks().keys, ...(await transactions.jwks()).keys] })
    const service = createServiceEndpoints({
      tokens: transactions.service,
      approvals: tellDecided(approvals, completions),
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
    const parts = { tools, reached, catalog, handlers, context, links: sent.links }
    const { revocations } = state
    const recorded = { revocations, audit, policyVersion: () => point.version, drill: options.drill, clock }
    const revoke = createRevoke({ ...recorded, forgetVerified: gateway.forgetVerified, permission: point.permission })
    const restore = createRestore(recorded)
    const { state: kept = './.lockstep' } = configuration
    // Nobody else can open a state that this process has locked.
    if (typeof kept === 'string' && kept !== 'memory')
      endings.push(await listenToOperator(resolve(base, kept), { revoke, restore }))
    const restsOn = createRestsOn((tool) => point.within((Object.hasOwn(tools, tool) && tools[tool]?.action) || tool))
    const jobs = openJobs({
      ...layers,
      ...{ store: state.jobs, keptSecret: state.keptSecret, isRevoked: singleUse.isRevoked, seal: callers.seal },
      ...{ standingOf: gateway.standingOf, tools: Object.keys(tools), trustDomain },
      ...{ exchanges, restsOn, lifecycle, context, bound, approvals },
      issue: transactions.issue,
      audienceOf: transactions.audienceOf,
    })
    const { grantWithin, close: endJobs, ...granted } = jobs
    endings.push(endJobs)
    const tasks = openTasks({
      tools: reached.tools,
      store: state.jobs,
      grant: grantWithin,
      cancel: jobs.cancelJob,
    })
    const pipeline = createPipeline({ ...layers, tasks })
    const doors = {
      ...{ gateway, pipeline, exchanges, restsOn, context, audit, modes, limits },
      ...{ resource: new URL(resource), origins: configuration.origins ?? [], deny: answers },
    }
    return {
      http: createHttpGuard({
        ...{ ...doors, service, completions },
        exchangeMediated: createExchangeMediated({
          mediation: gateway.mediation,
          service,
          verifyTransaction: transactions.verify,
          audit,
          deny: answers,
        }),
        pages: await openPages(configuration, {
          ...{ askInPerson: service.askInPerson, grantKey: state.grantKey, trustDomain },
          ...{ seal: callers.seal, isRevoked: singleUse.isRevoked, signIns, acrValues, audit, clock },
          completed: completions.complete,
        }),
        events:
          configuration.events && createEventReceiver({ transmitters: configuration.events, revoke, audit, clock }),
        jwks,
        publicPaths: configuration.publicPaths ?? ['/health'],
      }),
      stdio: createStdio(doors),
      resume: createResume({
        ...doors,
        pipeline: createPipeline({
          ...layers,
          tasks,
          modes: ENFORCED,
          tools: demandTransactions(tools),
          elicitation: undefined,
        }),
        verifyTransaction: transactions.verify,
        headerBytes: limits.headerBytes,
        callMs: limits.callMs,
      }),
      ...granted,
      onTask: tasks.onTask,
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
        calls: spending,
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

function printObligationFailure(name: string): void {
  process.stderr.write(`lockstep: the obligation \`@${name}\` could not be carried out\n`)
}

function printPolicyError(error: unknown): void {
  process.stderr.write(
    `lockstep: the policy in force stays: ${error instanceof Error ? error.message : String(error)}\n`,
  )
}
