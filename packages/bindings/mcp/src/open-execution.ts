import type {
  AskRead,
  AskWrite,
  AuditSink,
  AuthorizedCall,
  EntityDeclarations,
  Mode,
  TableMapping,
} from '@lockstep/core'
import {
  admitReadPolicies,
  createExecutionGuard,
  createRewriter,
  type ExecutionGuard,
  type FinalRows,
  loadParser,
  type Rewriter,
} from '@lockstep/execution'
import {
  beginStreamed,
  bindsRows,
  obligeRead,
  planOutput,
  planSent,
  type ReleaseOptions,
  release,
  type SentPlan,
  type ThreadedRedactor,
} from '@lockstep/execution/egress'
import type { PolicyDecisionPoint } from '@lockstep/policy'
import { checkMapping } from './check-mapping.ts'
import type { LockstepConfiguration } from './configuration.ts'
import type { ExchangeContext } from './exchange.ts'
import type { SourceLimits } from './facts/ask-source.ts'
import { relationViews } from './facts/open-relationships.ts'
import { type OpenedResources, openResources } from './facts/open-resources.ts'
import type { ObligeValues } from './obligations/oblige-values.ts'
import { refuseObligations } from './obligations/refuse-obligations.ts'
import { openConfiguredFloor } from './open-configured-floor.ts'
import type { Reached } from './reached/declare-reached.ts'
import { createLoadSuggested } from './reached/load-suggested.ts'
import { type BeginStreamed, type CarryOutAll, createRelease, type Release } from './release.ts'
import { createReleaseFailure } from './sent/release-failure.ts'

/** The execution layer of one instance. */
export interface OpenedExecution {
  readonly guard: ExecutionGuard
  readonly rewriter: Rewriter
  readonly release: Release
  /** How what a tool sends by itself is released. */
  readonly sentPlanOf: (tool: string) => SentPlan | undefined
  /** What everything that leaves is asked with. */
  readonly read: ReleaseOptions
  readonly beginStreamed: BeginStreamed
  readonly resources: OpenedResources
}

/** What `openExecution` needs. */
export interface OpenExecutionOptions {
  readonly configuration: LockstepConfiguration
  readonly reached: Pick<Reached, 'suggested'>
  /** What relative paths start from. */
  readonly base: string
  readonly askRead: AskRead
  readonly askWrite: AskWrite
  /** What the policy's schema declares of entities. */
  readonly declared: EntityDeclarations
  /** What holds every policy against a check, now and at each reload, and knows what the floor is made of. */
  readonly point: Pick<PolicyDecisionPoint<unknown>, 'admit' | 'conditions' | 'entities' | 'version'>
  readonly limits: SourceLimits
  readonly finalRows: FinalRows
  readonly carryOut: CarryOutAll
  readonly oblige: ObligeValues
  /** Searches texts of answers that are streamed, where `@redact_text` is configured. */
  readonly redactor: ThreadedRedactor | undefined
  readonly audit: AuditSink
  readonly context: ExchangeContext
  readonly isOpen: (call: AuthorizedCall) => boolean
  /** Whether the statements of a tool, or of none, are enforced. */
  readonly executionMode: (tool: string | undefined) => Mode
  /** How much of an answer is held at most. Bytes. */
  readonly answerBytes: number
  /** Raises labels of what was read, durably, before it is given out. */
  readonly raise: (call: AuthorizedCall, labels: readonly string[]) => Promise<void>
}

/**
 * Opens the execution layer, and checks the table mapping against the database, or what is known of it.
 *
 * @throws LockstepError `configuration.invalid`, `execution.mapping-invalid`, `execution.parser-unavailable`
 */
export async function openExecution(options: OpenExecutionOptions): Promise<OpenedExecution> {
  const {
    configuration,
    base,
    askWrite,
    finalRows,
    carryOut,
    oblige,
    audit,
    context,
    isOpen,
    executionMode,
    raise,
    declared,
    point,
    limits,
  } = options
  const askRead = obligeRead(options.askRead)
  const { tables = {}, functions, operators, types, masks, searchPath, onRewrite } = configuration
  const plans = new Map(
    Object.entries(configuration.tools).map(([tool, declared]) => [
      tool,
      planOutput(tool, declared, { tables, masks }),
    ]),
  )
  const sentPlans = new Map(
    Object.entries(configuration.tools).map(([tool, { sends }]) => [tool, planSent(tool, sends, { tables, masks })]),
  )
  const read: ReleaseOptions = { askRead, isFinalRow: finalRows.has }
  const sentPlanOf = (tool: string) => sentPlans.get(tool)
  const leaving = new Set(
    [...plans].flatMap(([tool, plan]) => (bindsRows(plan) || sendsRows(sentPlans.get(tool)) ? [tool] : [])),
  )
  await loadParser()
  await checkMapping(configuration, base, declared)
  const admit = admitReadPolicies(tables, declared, { types, masks })
  for (const action of ['read', 'create', 'update', 'delete']) {
    point.admit(action, refuseObligations)
    point.admit(action, admit)
  }

  const resources = await openResources({
    configuration,
    suggested: options.reached.suggested,
    declared,
    relations: [...Object.keys(tables), ...memberViews(tables), ...relationViews(configuration)],
    limits,
  })
  const rewriter = createRewriter({
    tables,
    askRead,
    askWrite,
    masks,
    functions,
    operators,
    types,
    searchPath,
    statementBytes: configuration.limits?.statementBytes,
  })
  return {
    rewriter,
    guard: createExecutionGuard({
      rewriter,
      currentCall: () => context.current()?.call ?? context.current()?.system,
      observing: () => {
        const exchange = context.current()
        return exchange?.mode === 'observe' && executionMode(exchange.tool) === 'observe'
      },
      isOpen,
      finalRows,
      mayLeave: ({ tool }) => leaving.has(tool),
      audit,
      onRewrite,
      raise,
      floor: await openConfiguredFloor(configuration, point),
      mode: (call) => executionMode(call.tool),
    }),
    resources,
    beginStreamed: (call, output) => ({
      ...beginStreamed(
        call,
        plans.get(call.tool),
        { ...read, raise: (labels) => raise(call, labels), most: options.answerBytes, redactor: options.redactor },
        output,
      ),
      announce: () => carryOut.announce(call),
    }),
    release: createRelease(
      (call, result, keep) => release(call, result, plans.get(call.tool), { ...read, keep }),
      carryOut,
      createReleaseFailure({ planOf: sentPlanOf, read, oblige }),
      createLoadSuggested(options.reached, tables, resources.source),
    ),
    sentPlanOf,
    read,
  }
}

function sendsRows({ progress, logs, errors, form, sampling }: Partial<SentPlan> = {}): boolean {
  return [progress, logs?.data, errors, form, sampling].some(bindsRows)
}

/** The views that tell members of sets: the database's role reads them as well. */
function memberViews(tables: TableMapping): readonly string[] {
  return Object.values(tables).flatMap(({ members = {} }) => Object.values(members).map(({ view }) => view))
}
