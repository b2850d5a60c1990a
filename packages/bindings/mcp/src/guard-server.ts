import { LockstepError, type ToolDeclaration } from '@lockstep/core'
import { answerUnsendable } from './answer-unsendable.ts'
import type { ExchangeContext } from './exchange.ts'
import type { HandlerGuard, ToolHandler } from './guard-handler.ts'
import type { Reached } from './reached/declare-reached.ts'
import { guardCompletions } from './reached/guard-completions.ts'
import { guardPrompt, guardResource, templateText } from './reached/guard-reached.ts'
import type { ServerLinks } from './sent/server-links.ts'
import { standardSchema } from './standard-schema.ts'
import { followRequests } from './stdio/follow-requests.ts'
import type { ToolCatalog } from './tool-catalog.ts'

/** An `McpServer` of `@modelcontextprotocol/sdk` 1.x or `@modelcontextprotocol/server` 2.x, seen structurally. */
export interface GuardableServer {
  registerTool: unknown
}

/** What guarding a server needs. */
export interface GuardServerParts {
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly reached: Reached
  readonly catalog: ToolCatalog
  readonly handlers: HandlerGuard
  readonly context: ExchangeContext
  readonly links: Pick<ServerLinks, 'follow'>
}

interface RegisteredTool {
  inputSchema?: unknown
  handler: ToolHandler
  update(updates: { callback: ToolHandler }): void
}

type Registrar = (this: unknown, ...given: unknown[]) => unknown

/** What one kind of registration is guarded by: where a server keeps what is registered, by which key, and what registers more. */
interface Registration {
  readonly kept: string
  readonly methods: readonly string[]
  readonly guard: (parts: GuardServerParts, key: string, registered: unknown) => void
}

const REGISTRATIONS: readonly Registration[] = [
  { kept: '_registeredTools', methods: ['registerTool', 'tool'], guard: guardTool },
  {
    kept: '_registeredResources',
    methods: ['registerResource', 'resource'],
    guard: (parts, uri, registered) => guardResource(parts, nameOf(registered), uri, registered),
  },
  {
    kept: '_registeredResourceTemplates',
    methods: ['registerResource', 'resource'],
    guard: (parts, name, registered) => guardResource(parts, name, templateText(registered), registered),
  },
  { kept: '_registeredPrompts', methods: ['registerPrompt', 'prompt'], guard: guardPrompt },
]

/**
 * Guards every tool, resource, prompt and completer of a server, those registered later too, and learns their schemas.
 *
 * @throws LockstepError `configuration.tool-undeclared` for one that the configuration does not name,
 *   `configuration.server-unsupported` for an object that is not a server of a known SDK generation.
 */
export function guardServer<S extends GuardableServer>(parts: GuardServerParts, server: S): S {
  const guarded = new WeakSet<object>()
  const guardNew = (): void => {
    for (const { kept, guard } of REGISTRATIONS) {
      const registered: unknown = Reflect.get(server, kept)
      if (typeof registered !== 'object' || registered === null) {
        throw new LockstepError('configuration.server-unsupported')
      }
      for (const [key, one] of Object.entries(registered)) {
        if (typeof one !== 'object' || one === null) throw new LockstepError('configuration.server-unsupported')
        if (guarded.has(one)) continue
        guard(parts, key, one)
        guarded.add(one)
      }
    }
  }
  if (typeof server.registerTool !== 'function') throw new LockstepError('configuration.server-unsupported')
  guardNew()
  guardCompletions(parts, server)
  answerUnsendable(server)
  followRequests(parts.context, server)
  parts.links.follow(server)
  for (const method of new Set(REGISTRATIONS.flatMap(({ methods }) => methods))) {
    const register: unknown = Reflect.get(server, method)
    if (typeof register !== 'function') continue
    const registrar: Registrar = function (...given) {
      const registered = (register as Registrar).apply(this, given)
      guardNew()
      // INVARIANT: what a server keeps elsewhere than it was looked for would run unguarded.
      if (typeof registered !== 'object' || registered === null || !guarded.has(registered)) {
        throw new LockstepError('configuration.server-unsupported')
      }
      return registered
    }
    Reflect.set(server, method, registrar)
  }
  return server
}

function guardTool(parts: GuardServerParts, name: string, tool: unknown): void {
  if (!isRegisteredTool(tool)) throw new LockstepError('configuration.server-unsupported')
  if (parts.reached.kindOf(name) !== 'tool') throw new LockstepError('configuration.tool-undeclared', `\`${name}\``)
  parts.catalog.learn(name, standardSchema(name, tool.inputSchema))
  tool.update({ callback: parts.handlers.guard(name, tool.handler, tool.inputSchema !== undefined) })
}

function nameOf(registered: unknown): string {
  const name: unknown = typeof registered === 'object' && registered !== null ? Reflect.get(registered, 'name') : ''
  return typeof name === 'string' ? name : ''
}

function isRegisteredTool(tool: unknown): tool is RegisteredTool {
  if (typeof tool !== 'object' || tool === null) return false
  return typeof Reflect.get(tool, 'handler') === 'function' && typeof Reflect.get(tool, 'update') === 'function'
}
