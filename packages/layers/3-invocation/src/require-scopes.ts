import type { Caller, Denial, ToolDeclaration } from '@lockstep/core'

/**
 * What a call lacks when its token does not hold every scope of the tool: `gateway.scope-insufficient`. The denial names every scope of
 * the operation, those of the resource too: clients replace their scopes by the ones they are told, and would lose the others.
 */
export function requireScopes(
  { scopes: held }: Pick<Caller, 'scopes'>,
  { scopes: ofTool = [] }: ToolDeclaration,
  ofResource: readonly string[],
): Denial | undefined {
  if (ofTool.every((scope) => held.includes(scope))) return undefined
  return { code: 'gateway.scope-insufficient', unlock: { scopes: [...new Set([...ofResource, ...ofTool])] } }
}
