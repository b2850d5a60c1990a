import { deepFreeze, type JsonObject, type JsonValue, type ToolCallDetails } from '@lockstep/core'
import { z } from 'zod'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const bound = z.union([
  z.strictObject({ equals: z.json() }),
  z.strictObject({ oneOf: z.array(scalar).min(1).max(64) }),
  z.strictObject({ atLeast: z.number(), atMost: z.number() }),
  z.strictObject({ atLeast: z.number() }),
  z.strictObject({ atMost: z.number() }),
])

const toolCall = z.strictObject({
  type: z.literal('mcp_tool_call'),
  locations: z.array(z.string().min(1).max(1_024)).min(1).max(16),
  tool: z.string().min(1).max(256),
  arguments: z.record(z.string().min(1).max(256), bound).optional(),
})

const details = z.array(toolCall).min(1).max(32)

/** The types of authorization details that are understood (RFC 9728 section 2, `authorization_details_types_supported`). */
export const AUTHORIZATION_DETAILS_TYPES: readonly string[] = ['mcp_tool_call']

/** The JSON Schema of authorization details of the type `mcp_tool_call`, for authorization servers and their clients. */
export function toolCallDetailsSchema(): JsonObject {
  return JSON.parse(JSON.stringify(z.toJSONSchema(toolCall))) as JsonObject
}

/**
 * Reads an `authorization_details` claim (RFC 9396 section 9.1). Undefined without one. A detail of another type, with a field that is not
 * known or with a value out of bounds is `not-understood`, and with it the whole claim: what we skipped could have been the limit
 * (RFC 9396 section 5).
 */
export function readAuthorizationDetails(
  claim: JsonValue | undefined,
): readonly ToolCallDetails[] | undefined | 'not-understood' {
  if (claim === undefined) return undefined
  const read = details.safeParse(claim)
  return read.success ? deepFreeze(read.data) : 'not-understood'
}
