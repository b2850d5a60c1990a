import {
  type Caller,
  type CapabilityLimits,
  type Clock,
  callContext,
  coversTool,
  type DecisionPoint,
  type DeclaredSignIns,
  type Facts,
  keepAcr,
  limits,
  residualForBoth,
  type SignIn,
  type SignInDemand,
  signInAge,
  strongerSignIns,
  type ToolDeclaration,
} from '@lockstep/core'

/** What discovery may say of one tool to one caller. */
export type Visibility =
  | { readonly state: 'absent'; readonly policyVersion: string }
  | { readonly state: 'locked'; readonly unlock: SignInDemand; readonly policyVersion: string }
  | {
      readonly state: 'usable'
      readonly limits: CapabilityLimits
      readonly policies: readonly string[]
      readonly policyVersion: string
    }

/** What the judgment rests on. */
export interface JudgeToolOptions extends DeclaredSignIns {
  readonly point: DecisionPoint
  readonly clock: Clock
}

/**
 * Lists a tool if there is any circumstance in which a call would be permitted: the policy is asked with the arguments and
 * the resource unknown. What can never hold is absent; what would hold after a stronger or fresher sign-in is locked. Nobody has approved
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
  const { point, acrValues, clock } = options
  const { authorizationDetails: details } = caller
  if (!coversTool(details, tool)) return { state: 'absent', policyVersion: point.version }
  const action = declaration.action ?? tool

  const ask = ({ satisfied, age }: SignIn) => {
    const asked = { ...caller, assurance: { ...caller.assurance, satisfied } }
    const open = residualForBoth(point, asked, {
      action,
      resource: declaration.resource
        ? { type: declaration.resource.type }
        : { type: 'Tool', id: tool, attributes: {}, parents: [] },
      context: callContext(asked, tool, { labels, signInAge: age, sensitivity: declaration.sensitivity }),
      // What a call spends is known when it is made: a listed tool may still be beyond its limits.
      unknownContext: ['arguments', 'history'].filter((member) => point.contextOf(action).members.has(member)),
      facts,
    })
    return { open, bounds: limits(open.condition) }
  }

  const own: SignIn = { satisfied: caller.assurance.satisfied, age: signInAge(caller.assurance, clock()) }
  const now = ask(own)
  const policyVersion = now.open.policyVersion
  if (now.bounds !== 'never') {
    // Bounds on arguments are no bounds on the resource: they cannot be said ahead, only that there are some.
    const bound = details?.every((detail) => detail.tool !== tool || detail.arguments !== undefined) ?? false
    const limits = bound ? { ...now.bounds, complete: false } : now.bounds
    return { state: 'usable', limits, policies: now.open.policies, policyVersion }
  }
  const possible = (signIn: SignIn) => ask(signIn).bounds !== 'never'
  const found = strongerSignIns(options, own).find(({ signIn }) => possible(signIn))
  return found
    ? { state: 'locked', unlock: keepAcr(acrValues, found, possible), policyVersion }
    : { state: 'absent', policyVersion }
}
