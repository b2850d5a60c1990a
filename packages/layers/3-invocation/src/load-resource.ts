import type { EntityFact, ResourceSource, ToolCall, ToolDeclaration } from '@lockstep/core'
import { askPort } from './ask-port.ts'

/**
 * Loads what a call is about, as it is stored; `Tool::"<name>"` for a tool without a resource. Resolves to `undefined` when there
 * is no such resource.
 *
 * @throws LockstepError the source's own, else `policy.facts-unavailable`
 */
export async function loadResource(
  source: ResourceSource | undefined,
  declaration: ToolDeclaration,
  call: ToolCall,
): Promise<EntityFact | undefined> {
  if (!declaration.resource) return { type: 'Tool', id: call.tool, attributes: {}, parents: [] }
  const { type, argument } = declaration.resource
  // attacker-controlled: the id is the caller's; what it names is read from where it is stored.
  const id = Object.hasOwn(call.arguments, argument) ? call.arguments[argument] : undefined
  if (typeof id !== 'string' || !source) return undefined
  return askPort('policy.facts-unavailable', () => source.load(type, id))
}
