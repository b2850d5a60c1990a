import { type AuthorizedCall, digest, type JsonObject, JsonRejection, LockstepError, type Mode } from '@lockstep/core'
import type { ExchangeContext } from './exchange.ts'

/** A tool's handler in either SDK generation: arguments and context, or the context alone for a tool without a schema. */
export type ToolHandler = (...parts: never[]) => unknown

/** What guarding handlers needs. */
export interface HandlerGuardParts {
  readonly context: ExchangeContext
  /** Whether a call is not answered yet and before its deadline. */
  readonly isOpen: (call: AuthorizedCall) => boolean
  /** Whether calls of a tool are enforced. */
  readonly modeOf: (tool: string) => Mode
  /** Whether arguments were parsed by a manifest's schema and not by the server's own. */
  readonly isByManifest: (parsed: JsonObject) => boolean
}

/** Wraps handlers (the decorator pattern). */
export interface HandlerGuard {
  /**
   * Wraps a handler so that it runs only inside the authorized call of its own tool, once, while the call is open, with the frozen
   * arguments that were decided on. Throws `invocation.unguarded` outside one and `invocation.call-closed` for a call that is over or
   * ran already: a queue or a timer may wake a handler in the course of a call that it does not belong to. Arguments that were decided on as a
   * manifest describes them run only if the server's own schema makes the same of them; else `configuration.manifest-differs`.
   */
  guard<H extends ToolHandler>(tool: string, handler: H, takesArguments?: boolean): H
}

/** Creates the guard of one instance's handlers. */
export function createHandlerGuard({ context, isOpen, modeOf, isByManifest }: HandlerGuardParts): HandlerGuard {
  const started = new WeakMap<AuthorizedCall, WeakSet<ToolHandler>>()

  /** INVARIANT: one decision, one run. Guards may be nested: each handler counts for itself. */
  const start = (call: AuthorizedCall, handler: ToolHandler): void => {
    const known = started.get(call) ?? new WeakSet()
    if (!isOpen(call) || known.has(handler)) throw new LockstepError('invocation.call-closed')
    started.set(call, known.add(handler))
  }

  /** A handler that asks for input has not done what was decided on: it runs again in the same call, with the answers. */
  const goOn = (call: AuthorizedCall, handler: ToolHandler, result: unknown): unknown => {
    const asks = typeof result === 'object' && result !== null && Reflect.get(result, 'resultType') === 'input_required'
    if (asks) started.get(call)?.delete(handler)
    return result
  }

  return {
    guard<H extends ToolHandler>(tool: string, handler: H, takesArguments = true): H {
      // The SDKs know the types of a handler's parts from schemas; here they are handed on as they come.
      const run = (...parts: unknown[]): unknown => handler(...(parts as never[]))
      const guarded = (...parts: never[]): unknown => context.within(requestId(parts.at(-1)), () => enter(parts))
      const enter = (parts: readonly never[]): unknown => {
        const exchange = context.current()
        if (exchange?.call?.tool === tool) {
          const { arguments: decided } = exchange.call
          if (takesArguments && isByManifest(decided) && !sameArguments(decided, parts[0])) {
            throw new LockstepError('configuration.manifest-differs', `\`${tool}\``)
          }
          const { call } = exchange
          if (exchange.mode === 'enforce') start(call, handler)
          const made = takesArguments ? run(call.arguments, ...parts.slice(1)) : run(...parts)
          return made instanceof Promise
            ? made.then((result) => goOn(call, handler, result))
            : goOn(call, handler, made)
        }
        if (exchange?.mode === 'observe' && modeOf(tool) === 'observe') return run(...parts)
        throw new LockstepError('invocation.unguarded', `\`${tool}\``)
      }
      return guarded as H
    },
  }
}

/** Whether the server's own schema made the same of a call's arguments. What is no JSON, as a Date, is not the same. */
function sameArguments(decided: JsonObject, own: unknown): boolean {
  try {
    return digest(decided) === digest(own as JsonObject)
  } catch (error) {
    if (error instanceof JsonRejection) return false
    throw error
  }
}

/** The id of the request that a handler was called for, in the context that either SDK generation hands to it last. */
function requestId(context: unknown): unknown {
  if (typeof context !== 'object' || context === null) return undefined
  const request: unknown = Reflect.get(context, 'mcpReq')
  return typeof request === 'object' && request !== null
    ? Reflect.get(request, 'id')
    : Reflect.get(context, 'requestId')
}
