import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { decodeHeader } from './decode-header.ts'
import type { SentHeaders } from './headers-agree.ts'
import type { MirroredParameter } from './mirrored-parameters.ts'

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.0+)?$/

/**
 * Whether the `Mcp-Param-*` headers of a call agree with its arguments (MCP 2026-07-28, "Server Behavior for Custom Headers"). With
 * `demanded`, every value in the arguments must have its header; without, only what was sent is compared. A header for a value that is not
 * there disagrees.
 */
export function parametersAgree(
  parameters: readonly MirroredParameter[],
  args: JsonObject,
  sent: SentHeaders,
  demanded: boolean,
): boolean {
  return parameters.every(({ header, path, type }) => {
    const values = sent(`mcp-param-${header}`)
    const [value] = values
    const argument = valueAt(args, path)
    if (values.length > 1) return false
    if (value === undefined) return !demanded || argument === undefined || argument === null
    // attacker-controlled: both sides.
    const decoded = decodeHeader(value)
    if (decoded === undefined) return false
    if (type === 'integer') return DECIMAL.test(decoded) && Number(decoded) === argument
    return typeof argument === type && decoded === String(argument)
  })
}

function valueAt(args: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    args,
  )
}
