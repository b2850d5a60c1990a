import {
  type AskRead,
  type AuthorizedCall,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type OutputBinding,
  plainText,
  type ReleasedResult,
  type TableMapping,
} from '@lockstep/core'
import { plainJson } from './plain-json.ts'
import { releaseError } from './release-error.ts'
import { type EntityRelease, releaseRecord } from './release-record.ts'
import { Withheld } from './withheld.ts'

/** What results are released by. */
export interface ReleaseOptions {
  readonly tables: TableMapping
  readonly askRead: AskRead
  /** Whether a guarded client returned this row under this call: `FinalRows.has`. */
  readonly isFinalRow: (call: AuthorizedCall, row: JsonValue) => boolean
}

/**
 * Releases the result of a tool (MCP's `CallToolResult`): the members of `structuredContent` by their bindings, everything
 * else not at all. Text is made again from what was released; images, resources and links are withheld.
 *
 * Throws what `askRead` throws: a policy that cannot be asked releases nothing.
 *
 * @param binding the tool's `output`; without one, all that is told is that the call succeeded
 */
export function release(
  call: AuthorizedCall,
  result: JsonObject,
  binding: OutputBinding | undefined,
  options: ReleaseOptions,
): ReleasedResult {
  const withheld = new Withheld()
  if (result.isError === true) return { result: releaseError(result), withheld: withheld.summary() }
  const bindings = binding ?? {}
  const structured = result.structuredContent
  if (isJsonObject(structured)) {
    const members = Object.entries(structured).flatMap(([name, value]): [string, JsonValue][] => {
      const bound = Object.hasOwn(bindings, name) ? bindings[name] : undefined
      const released = bound === undefined ? undefined : releaseMember(call, value, bound, withheld, options)
      if (released !== undefined) return [[name, released]]
      withheld.field(bound === undefined ? '*' : name)
      return []
    })
    const structuredContent = Object.fromEntries(members)
    const text = JSON.stringify(structuredContent)
    return { result: { structuredContent, content: [{ type: 'text', text }] }, withheld: withheld.summary() }
  }
  const content = Array.isArray(result.content) ? result.content : []
  const texts = bindings.text === 'public' ? content.flatMap(publicText) : []
  if (texts.length < content.length || structured !== undefined) withheld.field('content')
  return { result: { content: texts }, withheld: withheld.summary() }
}

function releaseMember(
  call: AuthorizedCall,
  value: JsonValue,
  bound: OutputBinding[string],
  withheld: Withheld,
  options: ReleaseOptions,
): JsonValue | undefined {
  if (bound === 'public') return plainJson(value)
  const isFinal = (row: JsonValue): boolean => isJsonObject(row) && options.isFinalRow(call, row)
  if (bound === 'sql') {
    return Array.isArray(value)
      ? rowsOf(value, withheld, (row) => (isFinal(row) ? plainJson(row) : undefined))
      : undefined
  }
  const entity = entityRelease(call, bound.entity, options)
  const releaseOne = (row: JsonValue): JsonValue | undefined => {
    if (isFinal(row)) return plainJson(row)
    return entity && isJsonObject(row) ? releaseRecord(call, row, entity, withheld) : undefined
  }
  if (Array.isArray(value)) return rowsOf(value, withheld, releaseOne)
  const [one] = rowsOf([value], withheld, releaseOne)
  return one
}

function rowsOf(
  rows: readonly JsonValue[],
  withheld: Withheld,
  releaseOne: (row: JsonValue) => JsonValue | undefined,
): readonly JsonValue[] {
  return rows.flatMap((row) => {
    const released = releaseOne(row)
    if (released !== undefined) return [released]
    withheld.row()
    return []
  })
}

function entityRelease(call: AuthorizedCall, entity: string, options: ReleaseOptions): EntityRelease | undefined {
  const table = Object.values(options.tables).find((mapped) => mapped.entity === entity)
  return table && { table, decision: options.askRead(call, entity) }
}

function publicText(block: JsonValue): JsonObject[] {
  if (!isJsonObject(block) || block.type !== 'text' || typeof block.text !== 'string') return []
  return [{ type: 'text', text: plainText(block.text) }]
}
