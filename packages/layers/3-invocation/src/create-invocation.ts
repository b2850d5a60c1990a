import { randomUUID } from 'node:crypto'
import {
  type AuthorizedCall,
  type Caller,
  type Clock,
  callContext,
  type Decision,
  type DecisionPoint,
  type Denial,
  decideForBoth,
  digest,
  type EntityFact,
  type Facts,
  isLockstepError,
  type JsonObject,
  type Outcome,
  type ResourceSource,
  type Seal,
  type ToolCall,
  type ToolDeclaration,
  toValue,
  type Value,
  valueToJson,
} from '@lockstep/core'
import type { CallLifecycle } from './call-lifecycle.ts'

/** What invocation needs. */
export interface InvocationOptions {
  readonly point: DecisionPoint
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly resources?: ResourceSource | undefined
  /** The declared acr values, weakest first: the factors that a step-up may demand. */
  readonly acrValues: readonly string[]
  /** Names of the obligations that the layers behind this one carry out; any other makes the answer a denial. */
  readonly obligations: readonly string[]
  readonly seal: Seal<AuthorizedCall>['seal']
  readonly isCaller: Seal<Caller>['isSealed']
  readonly lifecycle: CallLifecycle
  readonly clock: Clock
  /** How long a call may take, in milliseconds. @defaultValue 30000 */
  readonly callLifetime?: number | undefined
}

/** The invocation layer. */
export interface Invocation {
  /**
   * Decides on one call with its parsed arguments and its stored resource, for the subject and for the actor. The value is
   * open until it is closed or its deadline passes. A denial carries the smallest stronger acr that would flip it.
   */
  authorize(caller: Caller, facts: Facts, call: ToolCall): Promise<Outcome<AuthorizedCall>>
}

/** Creates the invocation layer. */
export function createInvocation(options: InvocationOptions): Invocation {
  const { point, tools, resources, acrValues, obligations, seal, isCaller, lifecycle, clock } = options
  const callLifetime = options.callLifetime ?? 30_000

  const load = async (declaration: ToolDeclaration, call: ToolCall): Promise<EntityFact | undefined> => {
    if (!declaration.resource) return { type: 'Tool', id: call.tool, attributes: {}, parents: [] }
    const id = call.arguments[declaration.resource.argument]
    if (typeof id !== 'string') return undefined
    return resources?.load(declaration.resource.type, id)
  }

  return {
    async authorize(caller, facts, call) {
      if (!isCaller(caller)) throw new TypeError('expected a sealed Caller from the gateway')
      const declaration = Object.hasOwn(tools, call.tool) ? tools[call.tool] : undefined
      if (!declaration) return deny({ code: 'discovery.tool-unknown' })

      const action = declaration.action ?? call.tool
      const visible = argumentsForPolicy(point, action, call.arguments)
      if (!visible.ok) return visible
      const resource = await load(declaration, call)
      // A missing resource answers like a forbidden one: existence is not told.
      if (!resource) return deny({ code: 'invocation.resource-missing' })

      const decide = (satisfied: readonly string[]): Decision => {
        const asked = { ...caller, assurance: { ...caller.assurance, satisfied } }
        const context = { ...callContext(asked, call.tool), ...visible.value }
        return decideForBoth(point, asked, { action, resource, context, facts })
      }
      const decision = decide(caller.assurance.satisfied)
      if (decision.effect === 'deny') {
        const acr = acrValues
          .slice(caller.assurance.satisfied.length)
          .find((value) => decide(acrValues.slice(0, acrValues.indexOf(value) + 1)).effect === 'permit')
        return deny({ code: decision.code, decision, ...(acr ? { unlock: { acr } } : {}) })
      }
      if (decision.obligations.some((obligation) => !obligations.includes(obligation.name))) {
        return deny({ code: 'invocation.obligation-unknown', decision })
      }

      const authorized = seal({
        ...call,
        id: randomUUID(),
        caller,
        ...(declaration.resource ? { resource, resourceDigest: digest(attributesOf(resource)) } : {}),
        facts,
        decision,
        obligations: decision.obligations,
        policyVersion: decision.policyVersion,
        deadline: clock() + callLifetime,
      })
      lifecycle.open(authorized)
      return { ok: true, value: authorized }
    },
  }
}

/** Only the arguments that the schema declares reach the policy; the digest covers them all. */
function argumentsForPolicy(point: DecisionPoint, action: string, given: JsonObject): Outcome<Record<string, Value>> {
  const names = point.argumentsOf(action)
  if (!names) return { ok: true, value: {} }
  try {
    const record = Object.fromEntries(
      names.flatMap((name) => {
        const value = Object.hasOwn(given, name) ? given[name] : undefined
        return value === undefined ? [] : [[name, toValue(value)]]
      }),
    )
    return { ok: true, value: { arguments: { record } } }
  } catch (error) {
    if (isLockstepError(error)) return deny({ code: error.code })
    throw error
  }
}

function attributesOf(resource: EntityFact): JsonObject {
  return { type: resource.type, id: resource.id, attributes: valueToJson({ record: resource.attributes }) }
}

function deny(denial: Denial): { readonly ok: false; readonly denial: Denial } {
  return { ok: false, denial }
}
