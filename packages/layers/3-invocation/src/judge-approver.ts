import {
  type Approval,
  actorEntity,
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
import { type ApproverRule, mayApprove } from './approver-rule.ts'
import { askPort } from './ask-port.ts'
import { uniteFacts } from './unite-facts.ts'

/** Reads somebody's relationships as they are now, without a token: the subject's, and the actor's when one is named. */
export type FactsOf = (subject: Subject, actor?: string) => Promise<Facts>

/** What judging an approver needs. */
export interface JudgeApproverOptions {
  readonly approvers: ApproverRule
  readonly factsOf: FactsOf
  readonly point: DecisionPoint
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly resources: ResourceSource
}

/**
 * Asks the policy about a requested call with its real approver. The request holds neither the caller's token nor the arguments:
 * both stay unknown, and what is asked is whether anything could still permit the call. The call itself is decided in full when
 * it comes again.
 *
 * @returns `invocation.approval-invalid` when the resource or the policy is not the one of the request any more,
 *   `invocation.approval-refused` when this person's consent permits nothing, `undefined` when it may be recorded
 * @throws LockstepError `policy.*`, or a port's own
 */
export async function judgeApprover(
  options: JudgeApproverOptions,
  { issuer, subject, actor, tool, binding, resource: asked }: Approval,
  approver: Caller,
  approverFacts: Facts,
): Promise<ErrorCode | undefined> {
  const { approvers, factsOf, point, tools, resources } = options
  const declaration = Object.hasOwn(tools, tool) ? tools[tool] : undefined
  const resource =
    declaration && asked && (await askPort('policy.facts-unavailable', () => resources.load(asked.type, asked.id)))
  if (!declaration || !resource) return 'invocation.approval-invalid'

  const requester = { subject: { issuer, id: subject }, actor: { id: actor } }
  const own = await askPort('policy.facts-unavailable', () => factsOf(requester.subject, actor))
  const action = declaration.action ?? tool
  const by = subjectEntity(approver)
  const known = {
    intent: tool,
    actor: { entity: actorEntity(requester) },
    approval: { record: { by: { entity: by } } },
  }
  const open = residualForBoth(point, requester, {
    action,
    resource,
    context: known,
    unknownContext: [...point.contextOf(action).members].filter((member) => !Object.hasOwn(known, member)),
    facts: uniteFacts(own, approverFacts),
  })
  if (!stillMeets(binding, resource, open.policyVersion)) return 'invocation.approval-invalid'
  const accepted = mayApprove(approvers, by, approverFacts, resource) && limits(open.condition) !== 'never'
  return accepted ? undefined : 'invocation.approval-refused'
}
