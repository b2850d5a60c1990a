import {
  type Caller,
  type CapabilityLimits,
  callContext,
  coversTool,
  type DecisionPoint,
  type Facts,
  limits,
  residualForBoth,
  type ToolDeclaration,
} from '@lockstep/core'

/** What discovery may say of one tool to one caller. */
export type Visibility =
  | { readonly state: 'absent'; readonly policyVersion: string }
  | { readonly state: 'locked'; readonly unlock: { readonly acr: string }; readonly policyVersion: string }
  | {
      readonly state: 'usable'
      readonly limits: CapabilityLimits
      readonly policies: readonly string[]
      readonly policyVersion: string
    }

/** What the judgment rests on. */
export interface JudgeToolOptions {
  readonly point: DecisionPoint
  /** The declared acr values, weakest first. */
  readonly acrValues: readonly string[]
}

/**
 * Lists a tool if there is any circumstance in which a call would be permitted: the policy is asked with the arguments and
 * the resource unknown. What can never hold is absent; what would hold after a stronger sign-in is locked. Nobody has approved
 * anything yet: what only a second person's consent would permit is not told. A tool that the token's authorization details do not
 * name is absent.
 *
 * @throws LockstepError `policy.evaluation-failed`
 */
export function judgeTool(
  options: JudgeToolOptions,
  caller: Caller,
  facts: Facts,
  tool: string,
  declaration: ToolDeclaration,
  labels: readonly string[],
): Visibility {
  const { point, acrValues } = options
  const { authorizationDetails: details } = caller
  if (!coversTool(details, tool)) return { state: 'absent', policyVersion: point.version }
  const action = declaration.action ?? tool

  const ask = (satisfied: readonly string[]) => {
    const asked = { ...caller, assurance: { ...caller.assurance, satisfied } }
    const open = residualForBoth(point, asked, {
      action,
      resource: declaration.resource
        ? { type: declaration.resource.type }
        : { type: 'Tool', id: tool, attributes: {}, parents: [] },
      context: callContext(asked, tool, { labels, sensitivity: declaration.sensitivity }),
      // What a call spends is known when it is made: a listed tool may still be beyond its limits.
      unknownContext: ['arguments', 'history'].filter((member) => point.contextOf(action).members.has(member)),
      facts,
    })
    return { open, bounds: limits(open.condition) }
  }

  const now = ask(caller.assurance.satisfied)
  const policyVersion = now.open.policyVersion
  if (now.bounds !== 'never') {
    // Bounds on arguments are no bounds on the resource: they cannot be said ahead, only that there are some.
    const bound = details?.every((detail) => detail.tool !== tool || detail.arguments !== undefined) ?? false
    const limits = bound ? { ...now.bounds, complete: false } : now.bounds
    return { state: 'usable', limits, policies: now.open.policies, policyVersion }
  }
  const stronger = acrValues.slice(caller.assurance.satisfied.length)
  for (const [index, acr] of stronger.entries()) {
    const satisfied = acrValues.slice(0, caller.assurance.satisfied.length + index + 1)
    if (ask(satisfied).bounds !== 'never') return { state: 'locked', unlock: { acr }, policyVersion }
  }
  return { state: 'absent', policyVersion }
}
