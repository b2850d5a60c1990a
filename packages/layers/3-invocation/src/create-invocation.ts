import { randomUUID } from 'node:crypto'
import {
  type AuthorizedCall,
  type Caller,
  type Clock,
  coversCall,
  type DecidedOn,
  type Decision,
  type DecisionPoint,
  digest,
  type EntityFact,
  type Facts,
  isLockstepError,
  type JsonObject,
  type Outcome,
  type ResourceSource,
  refuseUnknownOptions,
  type Seal,
  signInAge,
  type ToolCall,
  type ToolDeclaration,
} from '@lockstep/core'
import type { CallLifecycle } from './call-lifecycle.ts'
import { countFactorSets, MOST_FACTOR_SETS } from './count-factor-sets.ts'
import type { Approvals } from './create-approvals.ts'
import { type AskCall, createAsk } from './decide-call.ts'
import { decidedOn } from './decided-on.ts'
import { demandedSignIn } from './demanded-sign-in.ts'
import { deny } from './deny.ts'
import type { CallHistory, Measured } from './history/call-history.ts'
import { createTurns } from './history/take-turns.ts'
import type { KeptApproval } from './kept-approvals.ts'
import { type Permission, permitCall, type SpendingOfCall } from './permit-call.ts'
import { type GivenCall, prepareCall } from './prepare-call.ts'
import { requireScopes } from './require-scopes.ts'
import { stepUp } from './step-up.ts'
import type { MayView } from './withhold.ts'

/** What invocation needs. */
export interface InvocationOptions {
  readonly point: DecisionPoint
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly resources?: ResourceSource | undefined
  /** The declared acr values, weakest first: the factors that a step-up may demand. */
  readonly acrValues: readonly string[]
  /** The declared ages of sign-ins in seconds, which may be demanded as well. @defaultValue none */
  readonly maxAges?: readonly number[] | undefined
  /** What of a resource the subject may view. Of one that they may not view nothing is demanded. @defaultValue everything */
  readonly mayView?: ((given: GivenCall, resource: EntityFact) => MayView) | undefined
  /** Second persons' consent, the other factor. @defaultValue no call can be approved */
  readonly approvals?: Approvals | undefined
  /** What calls have spent and used before. @defaultValue policies see nothing of it */
  readonly history?: CallHistory | undefined
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
  /** What was told of the calls before. Absent for a tool of which nothing is told. */
  readonly history?: JsonObject
  readonly outcome: Outcome<Permission>
}

/** What the subject was already given through this actor. */
export interface GivenBefore {
  readonly labels: readonly string[]
  /**
   * What was told of the calls before when this one reserved what it spends, for a call that goes on: it is told again, and nothing is reserved.
   * @defaultValue measured now
   */
  readonly measured?: JsonObject | undefined
  /** For work that goes on after a call: the consent that was used for it counts, and nobody else is asked. @defaultValue it is a call of its own */
  readonly after?: { readonly approval?: KeptApproval | undefined } | undefined
}

/** The invocation layer. */
export interface Invocation {
  /**
   * Decides on one call with its parsed arguments and its stored resource, for the subject and for the actor. Nothing is used up and nothing is open until the permission is
   * committed.
   *
   * A denial carries what the smallest set of declared factors demands next: a stronger or fresher sign-in, else the consent of a second person,
   * whose request is recorded (`invocation.approval-required`). Where no set helps it is `invocation.denied`, the same for a
   * resource that is missing and for one that is forbidden. Before any of this, a token that lacks a scope of the tool is told all of
   * them (`gateway.scope-insufficient`), and a call that the token's authorization details do not cover is
   * `invocation.details-insufficient`, whatever the policy says.
   */
  authorize(caller: Caller, facts: Facts, call: ToolCall, given: GivenBefore): Promise<Outcome<Permission>>
  /**
   * Whether a call that nobody makes would be permitted as things are, without anybody's consent. Nothing is recorded, requested or used up.
   * Rejects as its sources do.
   */
  wouldPermit(caller: Caller, facts: Facts, call: ToolCall, labels: readonly string[]): Promise<boolean>
}

/** A call that is decided on, perhaps not for the first time. */
interface AskedAgain {
  readonly ask: AskCall
  readonly on: DecidedOn
  readonly id: string
  readonly times: number
  readonly approvals: Approvals | undefined
  /** Of a tool that has one. */
  readonly resource: EntityFact | undefined
}

const OPTIONS = [
  ...['point', 'tools', 'resources', 'acrValues', 'approvals', 'obligations', 'seal', 'isCaller', 'lifecycle'],
  ...['clock', 'callLifetime', 'scopes', 'journal', 'history', 'maxAges', 'mayView'],
]

/** How often a call is decided on again because another one spent in between. */
const MOST_TIMES_AGAIN = 16

/** Creates the invocation layer. Throws `TypeError` for misused options. */
export function createInvocation(options: InvocationOptions): Invocation {
  checkOptions(options)
  const {
    point,
    tools,
    resources,
    acrValues,
    maxAges,
    mayView,
    approvals,
    obligations,
    seal,
    isCaller,
    lifecycle,
    clock,
    callLifetime = 30_000,
    scopes = [],
    journal,
    history,
  } = options
  const takeTurn = createTurns()

  const decide: Invocation['authorize'] = async (caller, facts, call, { labels, measured, after }) => {
    const declaration = Object.hasOwn(tools, call.tool) ? tools[call.tool] : undefined
    if (!declaration) return deny({ code: 'discovery.tool-unknown' })
    const lacking = requireScopes(caller, declaration, scopes)
    if (lacking) return deny(lacking)
    // Before policy and resource: what the token is not for is refused whatever is stored, and asks nobody for consent.
    if (!coversCall(caller.authorizationDetails, call)) return deny({ code: 'invocation.details-insufficient' })
    const refused = history?.refuse(call)
    if (refused) return deny(refused)
    const given = { caller, facts, call, labels, signInAge: signInAge(caller.assurance, clock()) }
    const ask = await prepareCall({ point, resources }, declaration, given)
    const resource = declaration.resource && ask?.resource
    const on = decidedOn(call, facts, resource)
    // A missing resource answers like a forbidden one: existence is not told.
    const consulted = after ? approvals?.after(after.approval) : approvals
    const asked = ask && { ask, on, id: randomUUID(), times: 0, resource, approvals: consulted }
    if (asked && measured) return goOn(asked, measured)
    if (asked) return measure(asked)
    const outcome = deny({ code: 'invocation.denied', decidedOn: on })
    await journal?.({ ...given, outcome })
    return outcome
  }

  /** Decides on what the call adds to, as it is now. */
  const measure = async (asked: AskedAgain): Promise<Outcome<Permission>> => {
    const measured = await history?.measure(asked.ask)
    const past = measured?.ok ? measured.value : undefined
    const ask = past ? createAsk(point, { ...asked.ask, history: past.told }) : asked.ask
    const on = past ? { ...asked.on, historyDigest: digest(past.told) } : asked.on
    const outcome =
      measured && !measured.ok
        ? deny({ ...measured.denial, decidedOn: on })
        : await conclude({ ...asked, ask, on }, past)
    await note(asked, outcome, past?.told)
    return outcome
  }

  /** Decides on a call that has reserved what it spends, by what it was told then. */
  const goOn = async (asked: AskedAgain, told: JsonObject): Promise<Outcome<Permission>> => {
    const ask = createAsk(point, { ...asked.ask, history: told })
    const outcome = await conclude({ ...asked, ask, on: { ...asked.on, historyDigest: digest(told) } }, undefined, told)
    await note(asked, outcome, told)
    return outcome
  }

  const note = async ({ ask, resource }: AskedAgain, outcome: Outcome<Permission>, told: JsonObject | undefined) => {
    const { caller, facts, call, labels, signInAge: age } = ask
    const about = { ...(resource ? { resource } : {}), ...(told ? { history: told } : {}) }
    await journal?.({ caller, facts, call, labels, signInAge: age, ...about, outcome })
  }

  const conclude = async (
    asked: AskedAgain,
    past: Measured | undefined,
    told = past?.told,
  ): Promise<Outcome<Permission>> => {
    const { ask, on, id, approvals: consulted } = asked
    const { caller, facts, call, resource } = ask
    const settled = await stepUp({ acrValues, maxAges, approvals: consulted, fulfills, maySee }, ask, ask.decide({}))
    if (!settled.ok) return deny({ ...settled.denial, decidedOn: on })
    const { decision, approval, assumption } = settled.value
    if (!fulfills(decision)) return deny({ code: 'invocation.obligation-unknown', decision, decidedOn: on })
    const acr = demandedSignIn(decision.obligations, caller, acrValues)
    if (acr !== undefined) return deny({ code: 'invocation.denied', unlock: { acr }, decision, decidedOn: on })

    const authorized = seal({
      ...call,
      id,
      caller,
      ...(on.resourceDigest === undefined
        ? {}
        : { resource, resourceDigest: on.resourceDigest, demands: () => ask.demands(assumption) }),
      facts,
      decision,
      obligations: decision.obligations,
      policyVersion: decision.policyVersion,
      ...(approval ? { approval } : {}),
      ...(told ? { history: told } : {}),
      deadline: clock() + callLifetime,
    })
    return {
      ok: true,
      value: permitCall(
        { lifecycle, clock, approvals: consulted },
        authorized,
        past && spendingOf(asked, past, authorized),
      ),
    }
  }

  const spendingOf = (
    asked: AskedAgain,
    past: Measured,
    { id, deadline }: AuthorizedCall,
  ): SpendingOfCall | undefined => {
    if (!history) return undefined
    const reservation = past.reservation(id, Math.ceil(deadline))
    return {
      store: history.store,
      reservation,
      decideAgain(commit) {
        const { times } = asked
        if (times >= MOST_TIMES_AGAIN) return undefined
        const again = async () => commit(await measure({ ...asked, times: times + 1 }))
        // Calls of this process that met each other wait for each other, so that only those of other processes can come first.
        const counters = new Set(reservation.amounts.map(({ counter }) => counter))
        return times === 0 ? takeTurn(counters, again) : again()
      },
    }
  }

  const wouldPermit: Invocation['wouldPermit'] = async (caller, facts, call, labels) => {
    const declaration = Object.hasOwn(tools, call.tool) ? tools[call.tool] : undefined
    if (!declaration || requireScopes(caller, declaration, scopes)) return false
    if (!coversCall(caller.authorizationDetails, call) || history?.refuse(call)) return false
    const given = { caller, facts, call, labels, signInAge: signInAge(caller.assurance, clock()) }
    const ask = await prepareCall({ point, resources }, declaration, given)
    const measured = ask && (await history?.measure(ask))
    if (!ask || (measured && !measured.ok)) return false
    const told = measured?.value?.told
    return (told ? createAsk(point, { ...ask, history: told }) : ask).decide({}).effect === 'permit'
  }

  const maySee = (ask: AskCall): boolean => {
    if (!mayView || !tools[ask.call.tool]?.resource) return true
    return mayView(ask, ask.resource)(undefined)
  }

  const fulfills = (decision: Extract<Decision, { effect: 'permit' }>) =>
    decision.obligations.every(({ name }) => obligations.includes(name))

  return {
    async wouldPermit(caller, facts, call, labels) {
      if (!isCaller(caller)) throw new TypeError('expected a sealed Caller from the gateway')
      return wouldPermit(caller, facts, call, labels)
    },
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
  const { acrValues, approvals, callLifetime = 1, maxAges = [] } = options
  if (new Set(acrValues).size !== acrValues.length) throw new TypeError('`acrValues` must name each value once')
  if (maxAges.some((age) => !Number.isSafeInteger(age) || age < 0)) {
    throw new TypeError('`maxAges` must be whole seconds')
  }
  const approvers = approvals?.approvers.length ?? 0
  const sets = countFactorSets({ acrValues: acrValues.length, maxAges: maxAges.length, approvers })
  // INVARIANT: a denial costs a bounded number of questions, so that nobody who is denied again and again keeps a server busy with them.
  if (sets > MOST_FACTOR_SETS) {
    throw new TypeError(
      `\`acrValues\`, \`maxAges\` and \`approvers\` can be demanded in ${sets} ways: expected at most ${MOST_FACTOR_SETS}`,
    )
  }
  if (!Number.isSafeInteger(callLifetime) || callLifetime < 1) {
    throw new TypeError('`callLifetime` must be whole milliseconds above 0')
  }
}
