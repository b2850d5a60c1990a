import { digest, type JsonObject, LockstepError } from '@lockstep/core'
import type { ToolHandler } from '../guard-handler.ts'
import type { GuardServerParts } from '../guard-server.ts'
import { standardSchema } from '../standard-schema.ts'
import type { UriTemplate } from './uri-template.ts'

/**
 * Guards one registered resource or template of either SDK generation: it must be declared, with exactly the URI that it is registered with.
 *
 * @throws LockstepError `configuration.tool-undeclared`, `configuration.server-unsupported`
 */
export function guardResource(parts: GuardServerParts, name: string, uri: unknown, registered: unknown): void {
  const template = parts.reached.kindOf(name) === 'resource' ? parts.reached.uriOf(name) : undefined
  if (!template || template.text !== uri) throw undeclared(name)
  const resource = members(registered)
  const { readCallback } = resource
  if (!isHandler(readCallback)) throw new LockstepError('configuration.server-unsupported')
  update(registered, { callback: guardRead(parts, name, template, readCallback) })
}

/** Guards one registered prompt, and learns the schema of its arguments. Throws as `guardResource` does. */
export function guardPrompt(parts: GuardServerParts, name: string, registered: unknown): void {
  if (parts.reached.kindOf(name) !== 'prompt') throw undeclared(name)
  const { argsSchema, callback, handler } = members(registered)
  parts.catalog.learn(name, standardSchema(name, argsSchema))
  if (isHandler(callback)) {
    update(registered, { callback: parts.handlers.guard(name, callback, argsSchema !== undefined) })
    return
  }
  if (!isHandler(handler)) throw new LockstepError('configuration.server-unsupported')
  // The newer generation keeps the callback to itself: what it parses the wire's arguments with and calls is guarded whole.
  Reflect.set(Object(registered), 'handler', guardParsing(parts, name, handler))
}

/** @param registered of a server, `ResourceTemplate` or none */
export function templateText(registered: unknown): unknown {
  const { uriTemplate } = members(members(registered).resourceTemplate)
  return typeof uriTemplate === 'object' && uriTemplate !== null ? String(uriTemplate) : undefined
}

/** A reader is given the URI and the variables that were decided on, whatever its server made of the message. */
function guardRead(
  { handlers }: GuardServerParts,
  name: string,
  template: UriTemplate,
  read: ToolHandler,
): ToolHandler {
  const run = (...given: unknown[]): unknown => read(...(given as never[]))
  const takesVariables = template.variables.length > 0
  const guarded = handlers.guard(name, (values: JsonObject, given: JsonObject, uri: URL, ...rest: unknown[]) => {
    const decided = values === given ? uri : new URL(template.expand(values))
    return takesVariables ? run(decided, values, ...rest) : run(decided, ...rest)
  })
  const call = (...given: unknown[]): unknown => {
    const [uri, ...rest] = given
    const [values, ...others] = takesVariables ? rest : [{}, ...rest]
    return guarded(values as JsonObject, values as JsonObject, uri as URL, ...others)
  }
  return call
}

function guardParsing({ handlers, context }: GuardServerParts, name: string, handler: ToolHandler): ToolHandler {
  const run = (...given: unknown[]): unknown => handler(...(given as never[]))
  const guarded = handlers.guard(name, run as ToolHandler, false)
  return (...given: unknown[]): unknown => {
    const { call, mode } = context.current() ?? {}
    const [sent = {}] = given
    if (call?.tool === name && mode === 'enforce' && digest(sent as JsonObject) !== call.argumentsDigest) {
      throw new LockstepError('invocation.unguarded', `\`${name}\``)
    }
    return guarded(...(given as never[]))
  }
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isHandler(value: unknown): value is ToolHandler {
  return typeof value === 'function'
}

function update(registered: unknown, updates: { readonly callback: ToolHandler }): void {
  const { update: change } = members(registered)
  if (typeof change !== 'function') throw new LockstepError('configuration.server-unsupported')
  change.call(registered, updates)
}

function undeclared(name: string): LockstepError {
  return new LockstepError('configuration.tool-undeclared', `\`${name}\``)
}
