import {
  type Approval,
  actorEntity,
  approvalValue,
  type Caller,
  type DecisionPoint,
  type ErrorCode,
  type Facts,
  limits,
  type ResourceSource,
  residualForBoth,
  type Subject,
  subjectEntity,
  type ToolDeclaration,
} from '@lockstep/core'
import { stillMeets } from './approval-binding.ts'
import { approvalRecord } from './approval-record.ts'
import { type ApproverRule, relationsTo } from './approver-rule.ts'
import { askPort } from './ask-port.ts'
import { uniteFacts } from './unite-facts.ts'

/** Reads somebody's relationships as they are now, without a token: the subject's, and the actor's when one is named. */
export type FactsOf = (subject: Subject, actor?: string) => Promise<Facts>

/** What judging an approver needs. */
export interface JudgeApproverOptions {
  /** Who may be asked, by relation; each names another relation. */
  readonly approvers: readonly ApproverRule[]
  readonly factsOf: FactsOf
  readonly point: DecisionPoint
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly resources: ResourceSource
}

/** Why somebody cannot consent, or the relations that they stand in. */
export type JudgedApprover =
  | { readonly ok: true; readonly relations: readonly string[] }
  | { readonly ok: false; readonly code: ErrorCode }

/**
 * Asks the policy about a requested call with its real approver. The request holds neither the caller's token nor the arguments:
 * both stay unknown, and what is asked is whether anything could still permit the call. The call itself is decided in full when
 * it comes again.
 *
 * @returns `invocation.approval-invalid` when the resource or the policy is not the one of the request any more,
 *   `invocation.approval-refused` when this person's consent permits nothing
 * @throws LockstepError `policy.*`, or a port's own
 */
export async function judgeApprover(
  options: JudgeApproverOptions,
  { issuer, subject, actor, tool, binding, needed, resource: asked }: Approval,
  approver: Caller,
  approverFacts: Facts,
): Promise<JudgedApprover> {
  const { approvers, factsOf, point, tools, resources } = options
  const declaration = Object.hasOwn(tools, tool) ? tools[tool] : undefined
  const resource =
    declaration && asked && (await askPort('policy.facts-unavailable', () => resources.load(asked.type, asked.id)))
  if (!declaration || !resource) return { ok: false, code: 'invocation.approval-invalid' }

  const requester = { subject: { issuer, id: subject }, actor: { id: actor } }
  const own = await askPort('policy.facts-unavailable', () => factsOf(requester.subject, actor))
  const action = declaration.action ?? tool
  const by = subjectEntity(approver)
  const { members, approval } = point.contextOf(action)
  const known = {
    intent: tool,
    actor: { entity: actorEntity(requester) },
    // Asked as if everybody else who is needed had consented.
    approval: approvalValue(approvalRecord(approval, by, needed)),
  }
  const open = residualForBoth(point, requester, {
    action,
    resource,
    context: known,
    unknownContext: [...members].filter((member) => !Object.hasOwn(known, member)),
    facts: uniteFacts(own, approverFacts),
  })
  if (!stillMeets(binding, resource, open.policyVersion)) return { ok: false, code: 'invocation.approval-invalid' }
  const relations = relationsTo(approvers, by, approverFacts, resource)
  return limits(open.condition) === 'never'
    ? { ok: false, code: 'invocation.approval-refused' }
    : { ok: true, relations }
}
