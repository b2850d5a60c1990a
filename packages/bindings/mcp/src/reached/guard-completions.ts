import { isJsonObject, type JsonObject, LockstepError } from '@lockstep/core'
import type { GuardServerParts } from '../guard-server.ts'
import { ownerOf } from './asked-call.ts'

/** Where servers of both SDK generations find the completer of an argument, and run it. */
const COMPLETING = ['handlePromptCompletion', 'handleResourceCompletion'] as const

type Complete = (request: unknown, ...rest: unknown[]) => unknown
type Completer = (given: JsonObject, request: unknown, rest: readonly unknown[], context: undefined) => unknown

/**
 * Guards every completer of a server, those registered later too: one runs only inside the authorized call of its own completion, once, with the text
 * and the settled arguments that were decided on. Throws `configuration.server-unsupported` for a server that keeps them elsewhere.
 */
export function guardCompletions(parts: Pick<GuardServerParts, 'reached' | 'handlers'>, server: object): void {
  for (const method of COMPLETING) {
    const complete: unknown = Reflect.get(server, method)
    if (typeof complete !== 'function') throw new LockstepError('configuration.server-unsupported')
    const run: Complete = (...given) => (complete as Complete).apply(server, given)
    const guarded = new Map<string, Completer>()
    const guardOf = (name: string): Completer => {
      const known = guarded.get(name) ?? parts.handlers.guard(name, completing(run))
      guarded.set(name, known)
      return known
    }
    const call: Complete = (request, ...rest) => {
      const params = paramsOf(request)
      const argument = isJsonObject(params.argument) ? params.argument.name : undefined
      const owner = ownerOf(parts.reached, params)
      const found = owner !== undefined && typeof argument === 'string' && parts.reached.completionOf(owner, argument)
      const start = guardOf(found ? found.name : '')
      // attacker-controlled: what comes last in `rest`. It must not be taken for the context of a request.
      return start(params, request, rest, undefined)
    }
    Reflect.set(server, method, call)
  }
}

/** Inside a call the arguments are those that were decided on; elsewhere, where all is only observed, they are the message's own. */
function completing(run: Complete): Completer {
  return (decided, request, rest) => {
    const params = paramsOf(request)
    if (decided === params || !isJsonObject(params.argument)) return run(request, ...rest)
    const argument = { ...params.argument, value: decided.value ?? '' }
    const context = { arguments: decided.arguments ?? {} }
    return run({ ...Object(request), params: { ...params, argument, context } }, ...rest)
  }
}

function paramsOf(request: unknown): JsonObject {
  const params: unknown = typeof request === 'object' && request !== null ? Reflect.get(request, 'params') : undefined
  return typeof params === 'object' && params !== null ? (params as JsonObject) : {}
}
