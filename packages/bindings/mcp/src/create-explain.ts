import {
  type CallExplanation,
  type DecisionPoint,
  type EntityFact,
  type HistoryStore,
  type JsonObject,
  LockstepError,
  type PolicyExplainer,
  type Proof,
  type RelationshipSource,
  type ResourceSource,
  refuseUnknownOptions,
} from '@lockstep/core'
import { createExplainCall } from '@lockstep/invocation'
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
  /** The labels of what was read before. @defaultValue those that the history holds for the two */
  readonly labels?: readonly string[] | undefined
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
  readonly catalog: ToolCatalog
}

const KEYS = [...['subject', 'actor', 'tool', 'arguments', 'acr', 'labels', 'proof', 'reveal', 'entities', 'stored']]

/** Creates what explains decisions, over the policies, sources and tools that calls are decided with. */
export function createExplain(options: CreateExplainOptions): Explain {
  const { configuration, point, relationships, resources, history, catalog } = options
  const { tools, tables = {}, acrValues = [], approvers } = configuration
  const explainCall = createExplainCall({
    point,
    tools,
    resources,
    acrValues,
    approvers: resources ? approvers : undefined,
    obligations: Object.keys(policyOptions(configuration).obligations ?? {}),
    mayView: createResourceView(point, tables),
  })

  return async (asked) => {
    refuseUnknownOptions(asked, KEYS, 'explain()')
    const caller = hypotheticalCaller(asked, configuration, asked.entities !== undefined)
    const { tool, entities, stored, reveal = false } = asked
    const read = readArguments({ arguments: asked.arguments ?? {} })
    if (!read.ok) throw new LockstepError(read.denial.code)
    const { wire, argumentsDigest } = read.value
    const parsed = await catalog.parse(tool, wire)
    if (!parsed.ok) throw new LockstepError('invocation.arguments-invalid', parsed.problem)
    const facts = entities ? await givenFacts(caller, entities) : await relationships.load(caller)
    const labels = asked.labels ?? (await history.labels(callerKey(caller)))
    const call = { tool, arguments: parsed.value, argumentsDigest }
    return explainCall({ caller, facts, call, labels, resource: stored, reveal })
  }
}
