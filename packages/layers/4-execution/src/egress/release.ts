import {
  type AskRead,
  type AuthorizedCall,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type MaskOptions,
  type OutputBinding,
  plainText,
  type ReleasedResult,
  type TableMapping,
  tableOfEntity,
} from '@lockstep/core'
import { labelsOfRecord } from './labels-of-record.ts'
import { plainJson } from './plain-json.ts'
import { releaseError } from './release-error.ts'
import { type EntityRelease, releaseRecord } from './release-record.ts'
import { Withheld } from './withheld.ts'

/** What results are released by. */
export interface ReleaseOptions {
  readonly tables: TableMapping
  readonly askRead: AskRead
  /** @defaultValue no key, and no masks of one's own */
  readonly masks?: MaskOptions | undefined
  /** Whether a guarded client returned this row under this call: `FinalRows.has`. */
  readonly isFinalRow: (call: AuthorizedCall, row: JsonValue) => boolean
}

/** One release while it goes on. */
interface Releasing extends ReleaseOptions {
  readonly call: AuthorizedCall
  readonly withheld: Withheld
  readonly labels: Set<string>
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
  const labels = new Set<string>()
  const released = (left: JsonObject): ReleasedResult => ({
    result: left,
    withheld: withheld.summary(),
    labels: [...labels],
  })
  if (result.isError === true) return released(releaseError(result))
  const bindings = binding ?? {}
  const structured = result.structuredContent
  if (isJsonObject(structured)) {
    const releasing = { ...options, call, withheld, labels }
    const members = Object.entries(structured).flatMap(([name, value]): [string, JsonValue][] => {
      const bound = Object.hasOwn(bindings, name) ? bindings[name] : undefined
      const left = bound === undefined ? undefined : releaseMember(value, bound, releasing)
      if (left !== undefined) return [[name, left]]
      withheld.field(bound === undefined ? '*' : name)
      return []
    })
    const structuredContent = Object.fromEntries(members)
    return released({ structuredContent, content: [{ type: 'text', text: JSON.stringify(structuredContent) }] })
  }
  const content = Array.isArray(result.content) ? result.content : []
  const texts = bindings.text === 'public' ? content.flatMap(publicText) : []
  if (texts.length < content.length || structured !== undefined) withheld.field('content')
  return released({ content: texts })
}

function releaseMember(value: JsonValue, bound: OutputBinding[string], releasing: Releasing): JsonValue | undefined {
  const { call, withheld, labels } = releasing
  if (bound === 'public') return plainJson(value)
  const isFinal = (row: JsonValue): boolean => isJsonObject(row) && releasing.isFinalRow(call, row)
  if (bound === 'sql') {
    return Array.isArray(value)
      ? rowsOf(value, withheld, (row) => (isFinal(row) ? plainJson(row) : undefined))
      : undefined
  }
  const entity = entityRelease(call, bound.entity, releasing)
  const releaseOne = (row: JsonValue): JsonValue | undefined => {
    if (isFinal(row)) return plainJson(row)
    if (!entity || !isJsonObject(row)) return undefined
    const record = releaseRecord(call, row, entity, withheld)
    if (record) for (const label of labelsOfRecord(row, entity.table)) labels.add(label)
    return record
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
  const [, table] = tableOfEntity(options.tables, entity) ?? []
  return table && { table, decision: options.askRead(call, entity), masks: options.masks }
}

function publicText(block: JsonValue): JsonObject[] {
  if (!isJsonObject(block) || block.type !== 'text' || typeof block.text !== 'string') return []
  return [{ type: 'text', text: plainText(block.text) }]
}
