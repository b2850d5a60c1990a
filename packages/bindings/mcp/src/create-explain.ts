import {
  type CallExplanation,
  type DecisionPoint,
  type EntityFact,
  type HistoryStore,
  isJsonObject,
  type JsonObject,
  LockstepError,
  type PolicyExplainer,
  type Proof,
  type RelationshipSource,
  type ResourceSource,
  refuseUnknownOptions,
} from '@lockstep/core'
import { type CallHistory, createExplainCall } from '@lockstep/invocation'
import { approverRules } from './approver-rules.ts'
import { callerKey } from './caller-key.ts'
import type { LockstepConfiguration } from './configuration.ts'
import { createResourceView } from './create-resource-view.ts'
import { givenFacts } from './given-facts.ts'
import { hypotheticalCaller } from './hypothetical-caller.ts'
import { policyOptions } from './policy-options.ts'
import { readArguments } from './read-arguments.ts'
import type { ToolCatalog } from './tool-catalog.ts'

/** A call that nobody made, to be explained. */
export interface ExplainedCall {
  readonly subject: {
    readonly id: string
    /** @defaultValue the only configured issuer */
    readonly issuer?: string | undefined
  }
  readonly actor: { readonly id: string }
  readonly tool: string
  /** @defaultValue none */
  readonly arguments?: JsonObject | undefined
  /** The declared acr that the sign-in reaches. @defaultValue none */
  readonly acr?: string | undefined
  /** Seconds since the sign-in. @defaultValue not known */
  readonly signInAge?: number | undefined
  /** The labels of what was read before. @defaultValue those that the history holds for the two */
  readonly labels?: readonly string[] | undefined
  /**
   * What is told of the calls before, as `context.history` has it, in the place of what is remembered; what it does not name is told as of
   * somebody who never did anything. @defaultValue what is remembered, with this call
   */
  readonly history?: JsonObject | undefined
  /** @defaultValue `dpop` */
  readonly proof?: Proof['kind'] | undefined
  /** Tells attributes of the resource that the subject may not view as well: for whoever may see all of the data. @defaultValue false */
  readonly reveal?: boolean | undefined
  /** Facts in the place of those that the relationship source tells. An entity that is not among them has neither attributes nor groups. */
  readonly entities?: readonly EntityFact[] | undefined
  /** A resource in the place of the stored one. */
  readonly stored?: EntityFact | undefined
}

/** Explains a decision. See `Lockstep.explain`. */
export type Explain = (asked: ExplainedCall) => Promise<CallExplanation>

/** What explaining needs. */
export interface CreateExplainOptions {
  readonly configuration: LockstepConfiguration
  readonly point: DecisionPoint & PolicyExplainer
  readonly relationships: RelationshipSource
  readonly resources: ResourceSource | undefined
  readonly history: HistoryStore
  readonly calls: CallHistory | undefined
  readonly catalog: ToolCatalog
}

const KEYS = [
  ...['subject', 'actor', 'tool', 'arguments', 'acr', 'labels', 'proof', 'reveal', 'entities', 'stored', 'history'],
  'signInAge',
]

/** Creates what explains decisions, over the policies, sources and tools that calls are decided with. */
export function createExplain(options: CreateExplainOptions): Explain {
  const { configuration, point, relationships, resources, history, calls, catalog } = options
  const { tools, tables = {}, acrValues = [], maxAges, approvers } = configuration
  const explainCall = createExplainCall({
    point,
    tools,
    resources,
    acrValues,
    maxAges,
    approvers: resources ? approverRules(approvers) : undefined,
    history: calls,
    obligations: Object.keys(policyOptions(configuration).obligations ?? {}),
    mayView: createResourceView(point, tables),
  })

  return async (asked) => {
    refuseUnknownOptions(asked, KEYS, 'explain()')
    const caller = hypotheticalCaller(asked, configuration, asked.entities !== undefined)
    const { tool, entities, stored, history: before, signInAge, reveal = false } = asked
    if (before !== undefined && !isJsonObject(before)) throw new TypeError('`history` must be an object')
    if (signInAge !== undefined && !(Number.isSafeInteger(signInAge) && signInAge >= 0)) {
      throw new TypeError('`signInAge` must be whole seconds')
    }
    const read = readArguments({ arguments: asked.arguments ?? {} })
    if (!read.ok) throw new LockstepError(read.denial.code)
    const { wire, argumentsDigest } = read.value
    const parsed = await catalog.parse(tool, wire)
    if (!parsed.ok) throw new LockstepError('invocation.arguments-invalid', parsed.problem)
    const facts = entities ? await givenFacts(caller, entities) : await relationships.load(caller)
    const labels = asked.labels ?? (await history.labels(callerKey(caller)))
    const call = { tool, arguments: parsed.value, argumentsDigest }
    return explainCall({ caller, facts, call, labels, signInAge, resource: stored, before, reveal })
  }
}
