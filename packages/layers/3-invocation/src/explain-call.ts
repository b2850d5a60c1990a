import {
  actorEntity,
  type CallExplanation,
  type Decision,
  type DecisionPoint,
  type EntityFact,
  type EntityRef,
  type ExplainedPrincipal,
  type JsonObject,
  LockstepError,
  type PolicyExplainer,
  type ResourceSource,
  subjectEntity,
  type ToolDeclaration,
} from '@lockstep/core'
import type { ApproverRule } from './approver-rule.ts'
import { type AskCall, createAsk } from './decide-call.ts'
import { type DemandedFactors, demandedFactors } from './demanded-factors.ts'
import type { CallHistory } from './history/call-history.ts'
import { loadResource } from './load-resource.ts'
import { sizeOf } from './possible-needs.ts'
import { type GivenCall, prepareCall } from './prepare-call.ts'
import { smallestChanges } from './smallest-changes.ts'
import { visibleArguments } from './visible-arguments.ts'
import { type MayView, withhold, withholdDenial } from './withhold.ts'

/** What explaining needs: what deciding needs, and who may know what. */
export interface ExplainCallOptions {
  readonly point: DecisionPoint & PolicyExplainer
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly resources?: ResourceSource | undefined
  readonly acrValues: readonly string[]
  /** As for `createInvocation`. @defaultValue none */
  readonly maxAges?: readonly number[] | undefined
  readonly approvers?: readonly ApproverRule[] | undefined
  readonly obligations: readonly string[]
  readonly history?: CallHistory | undefined
  /** What of a resource the subject may read plainly. */
  readonly mayView: (given: GivenCall, resource: EntityFact) => MayView
}

/** A call to be explained. Its caller need not be sealed: nothing can be done with an explanation. */
export interface ExplainableCall extends GivenCall {
  /** Stands in the place of the stored resource. @defaultValue what is stored */
  readonly resource?: EntityFact | undefined
  /** Stands in the place of what was done before. @defaultValue what is remembered */
  readonly before?: JsonObject | undefined
  /** Tells what the subject may not view as well. */
  readonly reveal: boolean
}

/**
 * Explains the decision on one call: asks as `createInvocation` does, for both principals, and tells what each policy made of it. A denial is
 * asked again with the declared factors, and where none helps, with facts that a condition lacks.
 *
 * Scopes and authorization details of a token, rate limits and transaction tokens are no policy and are not part of it.
 *
 * @throws LockstepError when a port fails, `invocation.arguments-unsafe` and `invocation.arguments-invalid`
 */
export function createExplainCall(options: ExplainCallOptions) {
  const { point, tools, resources, acrValues, maxAges, approvers, obligations, mayView, history } = options
  const fulfills = (decision: Extract<Decision, { effect: 'permit' }>) =>
    decision.obligations.every(({ name }) => obligations.includes(name))

  return async function explainCall(given: ExplainableCall): Promise<CallExplanation> {
    const { caller, call, facts, reveal, before } = given
    const declaration = Object.hasOwn(tools, call.tool) ? tools[call.tool] : undefined
    const action = declaration?.action ?? call.tool
    const about = { subject: caller.subject, actor: { id: caller.actor.id }, tool: call.tool, action }
    const version = { policyVersion: point.version, facts: facts.revision }
    if (!declaration) {
      return { ...about, effect: 'deny', code: 'discovery.tool-unknown', policies: [], principals: [], ...version }
    }

    const refused = history?.refuse(call)
    if (refused) throw new LockstepError(refused.code, refused.detail)
    const load = async () => given.resource ?? loadResource(resources, declaration, call)
    const prepared = await prepareCall({ point, resources }, declaration, given, load)
    const named = nameOf(declaration, given)
    const asMissing = (): CallExplanation => {
      const principals = reveal || !named ? [] : withoutResource(point, given, { action, named, declaration })
      return {
        ...about,
        ...(named ? { resource: { ...named, found: reveal ? 'missing' : 'hidden' } as const } : {}),
        effect: 'deny',
        code: 'invocation.denied',
        ...deciding(principals),
        principals,
        ...version,
      }
    }
    if (!prepared) return asMissing()
    const view: MayView = reveal || !declaration.resource ? () => true : mayView(given, prepared.resource)
    const hidden = declaration.resource !== undefined && !view(undefined)
    const measured = await (before ? history?.suppose(prepared, before) : history?.measure(prepared))
    if (measured && !measured.ok) {
      if (hidden) return asMissing()
      return { ...about, effect: 'deny', code: measured.denial.code, policies: [], principals: [], ...version }
    }
    const past = measured?.value?.told
    const ask = past ? createAsk(point, { ...prepared, history: past }) : prepared
    const decision = ask.decide({})
    const permitted = decision.effect === 'permit' && fulfills(decision)
    // INVARIANT: a denial about what the subject may not view is explained as if it were not there.
    if (hidden && !permitted) return asMissing()
    const factors =
      decision.effect === 'deny' && decision.code === 'invocation.denied'
        ? demandedFactors({ acrValues, maxAges, approvers, fulfills }, ask)
        : undefined
    const told = principalsOf(ask, view, point)
    const veiled = decision.effect === 'deny' && !factors
    const principals = veiled ? told.map(withholdDenial) : told
    const changes = permitted || factors ? undefined : smallestChanges(ask, principals)
    const { type, id } = ask.resource
    return {
      ...about,
      ...(declaration.resource ? { resource: { type, id, found: hidden ? 'hidden' : 'stored' } as const } : {}),
      effect: permitted ? 'permit' : 'deny',
      ...(permitted ? {} : { code: codeOf(decision, factors) }),
      ...(veiled ? deciding(principals) : { policies: decision.policies, ...refusedOf(decision) }),
      principals,
      ...(factors ? { stepUp: tellFactors(factors) } : {}),
      ...(changes ? { changes } : {}),
      ...version,
    }
  }
}

/** What decided a denial, as far as the principals' own decisions are told. */
function deciding(principals: readonly ExplainedPrincipal[]): Pick<CallExplanation, 'policies' | 'refused'> {
  const refused = principals.find(({ decision }) => decision?.effect !== 'permit')
  return refused?.decision ? { policies: refused.decision.policies, refused: refused.role } : { policies: [] }
}

function refusedOf(decision: Decision): Pick<CallExplanation, 'refused'> {
  return decision.effect === 'deny' ? { refused: decision.refused } : {}
}

/** What would help, with the people by relation where one alone is not enough. */
function tellFactors({ needed, ...signIn }: DemandedFactors): NonNullable<CallExplanation['stepUp']> {
  const people = sizeOf(needed)
  return { ...signIn, approval: people > 0, ...(people > 1 ? { needed } : {}) }
}

function codeOf(decision: Decision, factors: DemandedFactors | undefined) {
  if (decision.effect === 'permit') return 'invocation.obligation-unknown'
  return factors && factors.acr === undefined && factors.maxAge === undefined
    ? 'invocation.approval-required'
    : decision.code
}

function principalsOf(ask: AskCall, view: MayView, point: ExplainCallOptions['point']): readonly ExplainedPrincipal[] {
  const question = ask.question({})
  const subject = ['subject', subjectEntity(ask.caller)] as const
  const actor = ['actor', actorEntity(ask.caller)] as const
  return (point.actors === 'any' ? [subject] : [subject, actor]).map(([role, entity]) => {
    const { decision, policies } = point.explain({ ...question, principal: entity })
    return { role, entity, decision, policies: policies.map((policy) => withhold(policy, view)) }
  })
}

/**
 * INVARIANT: a resource that is not there is explained as one that the subject may not view: what does not rest on it, from an entity of
 * which nothing is known.
 */
function withoutResource(
  point: DecisionPoint & PolicyExplainer,
  given: GivenCall,
  {
    action,
    named,
    declaration: { sensitivity },
  }: { readonly action: string; readonly named: EntityRef; readonly declaration: ToolDeclaration },
): readonly ExplainedPrincipal[] {
  const resource = point.blankEntity(named)
  if (!resource) return []
  const visible = visibleArguments(point.contextOf(action).arguments, given.call.arguments)
  const ask = createAsk(point, { ...given, resource, action, visible, sensitivity })
  return principalsOf(ask, () => false, point).map(withholdDenial)
}

function nameOf({ resource }: ToolDeclaration, { call }: GivenCall): EntityRef | undefined {
  const id =
    resource && Object.hasOwn(call.arguments, resource.argument) ? call.arguments[resource.argument] : undefined
  return resource && typeof id === 'string' ? { type: resource.type, id } : undefined
}
