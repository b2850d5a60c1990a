import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'

/** A parameter of a tool that clients mirror into the header `Mcp-Param-<header>`. */
export interface MirroredParameter {
  /** Lower case. */
  readonly header: string
  /** The names of the members that lead to it, from the arguments. */
  readonly path: readonly string[]
  readonly type: 'string' | 'integer' | 'boolean'
}

const ANNOTATION = 'x-mcp-header'
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * The parameters that a tool's input schema marks with `x-mcp-header` (MCP 2026-07-28, "Schema Extension"). A schema that breaks one of the
 * rules for it has none: conforming clients do not use such a tool.
 */
export function mirroredParameters(inputSchema: JsonValue | undefined): readonly MirroredParameter[] {
  if (inputSchema === undefined) return []
  const found = reach(inputSchema, [])
  const sound =
    found.length === countAnnotations(inputSchema) && new Set(found.map(({ header }) => header)).size === found.length
  return sound ? found : []
}

/** Those that a chain of `properties` leads to, and that are marked as they may be. */
function reach(schema: JsonValue, path: readonly string[]): readonly MirroredParameter[] {
  if (!isJsonObject(schema)) return []
  const { type, properties, [ANNOTATION]: header } = schema
  const own =
    path.length > 0 && typeof header === 'string' && TOKEN.test(header) && isMirrorable(type)
      ? [{ header: header.toLowerCase(), path, type }]
      : []
  const below = isJsonObject(properties) ? Object.entries(properties) : []
  return [...own, ...below.flatMap(([name, child]) => reach(child, [...path, name]))]
}

function countAnnotations(value: JsonValue): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countAnnotations(item), 0)
  if (!isJsonObject(value)) return 0
  const own = typeof value[ANNOTATION] === 'string' ? 1 : 0
  return Object.values(value as JsonObject).reduce<number>((sum, item) => sum + countAnnotations(item), own)
}

function isMirrorable(type: JsonValue | undefined): type is MirroredParameter['type'] {
  return type === 'string' || type === 'integer' || type === 'boolean'
}
