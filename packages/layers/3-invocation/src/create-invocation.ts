import { randomUUID } from 'node:crypto'
import {
  type AuthorizedCall,
  type Caller,
  type Clock,
  coversCall,
  type DecidedOn,
  type Decision,
  type DecisionPoint,
  type EntityFact,
  type Facts,
  isLockstepError,
  type Outcome,
  type ResourceSource,
  refuseUnknownOptions,
  type Seal,
  type ToolCall,
  type ToolDeclaration,
} from '@lockstep/core'
import type { CallLifecycle } from './call-lifecycle.ts'
import type { Approvals } from './create-approvals.ts'
import type { AskCall } from './decide-call.ts'
import { decidedOn } from './decided-on.ts'
import { deny } from './deny.ts'
import { type Permission, permitCall } from './permit-call.ts'
import { type GivenCall, prepareCall } from './prepare-call.ts'
import { requireScopes } from './require-scopes.ts'
import { stepUp } from './step-up.ts'

/** What invocation needs. */
export interface InvocationOptions {
  readonly point: DecisionPoint
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly resources?: ResourceSource | undefined
  /** The declared acr values, weakest first: the factors that a step-up may demand. */
  readonly acrValues: readonly string[]
  /** Second persons' consent, the other factor. @defaultValue no call can be approved */
  readonly approvals?: Approvals | undefined
  /** Scopes that every token of this resource needs; named together with those of a tool that a token lacks. @defaultValue none */
  readonly scopes?: readonly string[] | undefined
  /** Names of the obligations that the layers behind this one carry out; any other makes the answer a denial. */
  readonly obligations: readonly string[]
  readonly seal: Seal<AuthorizedCall>['seal']
  readonly isCaller: Seal<Caller>['isSealed']
  readonly lifecycle: CallLifecycle
  readonly clock: Clock
  /** Is told of every decision with everything that it rests on, before anything is used up. Its rejection denies. @defaultValue nobody */
  readonly journal?: ((decided: DecidedCall) => Promise<void>) | undefined
  /** How long a call may take, in milliseconds. @defaultValue 30000 */
  readonly callLifetime?: number | undefined
}

/** One decision with its inputs: the arguments, facts and resource themselves, so whoever is told of it keeps secrets. */
export interface DecidedCall extends GivenCall {
  readonly resource?: EntityFact
  readonly outcome: Outcome<Permission>
}

/** What the subject was already given through this actor. */
export interface GivenBefore {
  readonly labels: readonly string[]
}

/** The invocation layer. */
export interface Invocation {
  /**
   * Decides on one call with its parsed arguments and its stored resource, for the subject and for the actor. Nothing is used up and nothing is open until the permission is
   * committed.
   *
   * A denial carries what the smallest set of declared factors demands next: a stronger acr, else the consent of a second person,
   * whose request is recorded (`invocation.approval-required`). Where no set helps it is `invocation.denied`, the same for a
   * resource that is missing and for one that is forbidden. Before any of this, a token that lacks a scope of the tool is told all of
   * them (`gateway.scope-insufficient`), and a call that the token's authorization details do not cover is
   * `invocation.details-insufficient`, whatever the policy says.
   */
  authorize(caller: Caller, facts: Facts, call: ToolCall, given: GivenBefore): Promise<Outcome<Permission>>
}

const OPTIONS = [
  ...['point', 'tools', 'resources', 'acrValues', 'approvals', 'obligations', 'seal', 'isCaller', 'lifecycle'],
  ...['clock', 'callLifetime', 'scopes', 'journal'],
]

/** Creates the invocation layer. Throws `TypeError` for misused options. */
export function createInvocation(options: InvocationOptions): Invocation {
  checkOptions(options)
  const {
    point,
    tools,
    resources,
    acrValues,
    approvals,
    obligations,
    seal,
    isCaller,
    clock,
    callLifetime = 30_000,
    scopes = [],
    journal,
  } = options

  const decide: Invocation['authorize'] = async (caller, facts, call, { labels }) => {
    const declaration = Object.hasOwn(tools, call.tool) ? tools[call.tool] : undefined
    if (!declaration) return deny({ code: 'discovery.tool-unknown' })
    const lacking = requireScopes(caller, declaration, scopes)
    if (lacking) return deny(lacking)
    // Before policy and resource: what the token is not for is refused whatever is stored, and asks nobody for consent.
    if (!coversCall(caller.authorizationDetails, call)) return deny({ code: 'invocation.details-insufficient' })
    const given = { caller, facts, call, labels }
    const ask = await prepareCall({ point, resources }, declaration, given)
    const resource = declaration.resource && ask?.resource
    const on = decidedOn(call, facts, resource)
    // A missing resource answers like a forbidden one: existence is not told.
    const outcome = ask ? await conclude(ask, on) : deny({ code: 'invocation.denied', decidedOn: on })
    await journal?.({ ...given, ...(resource ? { resource } : {}), outcome })
    return outcome
  }

  const conclude = async (ask: AskCall, on: DecidedOn): Promise<Outcome<Permission>> => {
    const { caller, facts, call, resource } = ask
    const settled = await stepUp({ acrValues, approvals, fulfills }, ask, ask.decide({}))
    if (!settled.ok) return deny({ ...settled.denial, decidedOn: on })
    const { decision, approval, assumption } = settled.value
    if (!fulfills(decision)) return deny({ code: 'invocation.obligation-unknown', decision, decidedOn: on })

    const authorized = seal({
      ...call,
      id: randomUUID(),
      caller,
      ...(on.resourceDigest === undefined
        ? {}
        : { resource, resourceDigest: on.resourceDigest, demands: () => ask.demands(assumption) }),
      facts,
      decision,
      obligations: decision.obligations,
      policyVersion: decision.policyVersion,
      ...(approval ? { approval } : {}),
      deadline: clock() + callLifetime,
    })
    return { ok: true, value: permitCall(options, authorized) }
  }

  const fulfills = (decision: Extract<Decision, { effect: 'permit' }>) =>
    decision.obligations.every(({ name }) => obligations.includes(name))

  return {
    async authorize(caller, facts, call, given) {
      if (!isCaller(caller)) throw new TypeError('expected a sealed Caller from the gateway')
      try {
        return await decide(caller, facts, call, given)
      } catch (error) {
        if (isLockstepError(error)) return deny({ code: error.code })
        throw error
      }
    },
  }
}

function checkOptions(options: InvocationOptions): void {
  refuseUnknownOptions(options, OPTIONS, 'createInvocation')
  const { acrValues, callLifetime = 1 } = options
  if (new Set(acrValues).size !== acrValues.length) throw new TypeError('`acrValues` must name each value once')
  if (!Number.isSafeInteger(callLifetime) || callLifetime < 1) {
    throw new TypeError('`callLifetime` must be whole milliseconds above 0')
  }
}
