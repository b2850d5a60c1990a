import type { ToolCall } from './flow.ts'
import { canonicalJson } from './json/canonical-json.ts'
import { JsonRejection } from './json/json-rejection.ts'
import type { JsonValue } from './json.ts'

/** What one top-level argument may be: one value, one of several, or a number within bounds, both inclusive. */
export type ArgumentBound =
  | { readonly equals: JsonValue }
  | { readonly oneOf: readonly (string | number | boolean)[] }
  | { readonly atLeast?: number | undefined; readonly atMost?: number | undefined }

/**
 * Authorization details of the type `mcp_tool_call` (RFC 9396 section 2): calls of one tool of the named servers. An argument that is
 * named must be there and fit; one that is not named is not bound by the details, only by the policy.
 */
export interface ToolCallDetails {
  readonly type: 'mcp_tool_call'
  /** The resource URLs of the MCP servers (RFC 9396 section 2.2). */
  readonly locations: readonly string[]
  readonly tool: string
  readonly arguments?: Readonly<Record<string, ArgumentBound>> | undefined
  /** The call with these wire arguments and no other: of a transaction token, never of `authorization_details` themselves. */
  readonly argumentsDigest?: string | undefined
}

/** Whether details permit any call of a tool. `undefined` is a token without details, which they do not limit. */
export function coversTool(details: readonly ToolCallDetails[] | undefined, tool: string): boolean {
  return details === undefined || details.some((detail) => detail.tool === tool)
}

/** Whether one of the details permits this very call, with its parsed arguments. `undefined` is a token without details. */
export function coversCall(
  details: readonly ToolCallDetails[] | undefined,
  { tool, arguments: given, argumentsDigest }: ToolCall,
): boolean {
  if (details === undefined) return true
  return details.some(
    (detail) =>
      detail.tool === tool &&
      (detail.argumentsDigest ?? argumentsDigest) === argumentsDigest &&
      Object.entries(detail.arguments ?? {}).every(
        ([name, bound]) => Object.hasOwn(given, name) && fits(given[name], bound),
      ),
  )
}

function fits(value: JsonValue | undefined, bound: ArgumentBound): boolean {
  if (value === undefined) return false
  if ('equals' in bound) return isSame(value, bound.equals)
  if ('oneOf' in bound) return bound.oneOf.some((one) => one === value)
  const { atLeast, atMost } = bound
  if (typeof value !== 'number' || (atLeast === undefined && atMost === undefined)) return false
  return value >= (atLeast ?? value) && value <= (atMost ?? value)
}

/** By canonical form: the order of members does not matter, and what has none is equal to nothing. */
function isSame(value: JsonValue, other: JsonValue): boolean {
  try {
    return canonicalJson(value) === canonicalJson(other)
  } catch (error) {
    if (error instanceof JsonRejection) return false
    throw error
  }
}
