import { LockstepError, type ToolDeclaration } from '@lockstep/core'
import type { HandlerGuard, ToolHandler } from './guard-handler.ts'
import type { StandardSchema, ToolCatalog } from './tool-catalog.ts'

/** An `McpServer` of `@modelcontextprotocol/sdk` 1.x or `@modelcontextprotocol/server` 2.x, seen structurally. */
export interface GuardableServer {
  registerTool: unknown
}

/** What guarding a server needs. */
export interface GuardServerParts {
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly catalog: ToolCatalog
  readonly handlers: HandlerGuard
}

interface RegisteredTool {
  inputSchema?: unknown
  handler: ToolHandler
  update(updates: { callback: ToolHandler }): void
}

type Registrar = (this: unknown, name: string, ...rest: unknown[]) => RegisteredTool

/**
 * Guards every tool of a server, those registered later too, and learns their schemas.
 *
 * @throws LockstepError `configuration.tool-undeclared` for a tool that the configuration does not name,
 *   `configuration.server-unsupported` for an object that is not a server of a known SDK generation.
 */
export function guardServer<S extends GuardableServer>(parts: GuardServerParts, server: S): S {
  const registered: unknown = Reflect.get(server, '_registeredTools')
  if (typeof registered !== 'object' || registered === null || typeof server.registerTool !== 'function') {
    throw new LockstepError('configuration.server-unsupported')
  }
  for (const [name, tool] of Object.entries(registered)) guardTool(parts, name, tool)
  for (const method of ['registerTool', 'tool']) {
    const register: unknown = Reflect.get(server, method)
    if (typeof register !== 'function') continue
    const guarded: Registrar = function (name, ...rest) {
      const tool = (register as Registrar).call(this, name, ...rest)
      guardTool(parts, name, tool)
      return tool
    }
    Reflect.set(server, method, guarded)
  }
  return server
}

function guardTool(parts: GuardServerParts, name: string, tool: unknown): void {
  if (!isRegisteredTool(tool)) throw new LockstepError('configuration.server-unsupported')
  if (!Object.hasOwn(parts.tools, name)) throw new LockstepError('configuration.tool-undeclared', `\`${name}\``)
  parts.catalog.learn(name, standardSchema(name, tool.inputSchema))
  tool.update({ callback: parts.handlers.guard(name, tool.handler, tool.inputSchema !== undefined) })
}

function isRegisteredTool(tool: unknown): tool is RegisteredTool {
  if (typeof tool !== 'object' || tool === null) return false
  return typeof Reflect.get(tool, 'handler') === 'function' && typeof Reflect.get(tool, 'update') === 'function'
}

function standardSchema(name: string, schema: unknown): StandardSchema | undefined {
  if (schema === undefined) return undefined
  const standard: unknown = typeof schema === 'object' && schema !== null ? Reflect.get(schema, '~standard') : undefined
  if (typeof standard !== 'object' || standard === null || typeof Reflect.get(standard, 'validate') !== 'function') {
    throw new LockstepError(
      'configuration.server-unsupported',
      `the input schema of \`${name}\` is not a Standard Schema`,
    )
  }
  return schema as StandardSchema
}
