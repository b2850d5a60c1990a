import { isJsonObject, type JsonObject, JsonRejection, type JsonValue, LockstepError, parseJson } from '@lockstep/core'
import type { LiveColumn, LiveRelation } from './live-columns.ts'

const FORMAT = 'lockstep-catalog'
const VERSION = 1

/** Bytes of a snapshot that is read. */
const MOST_BYTES = 16 * 1024 * 1024
const LIMITS = { maxBytes: MOST_BYTES, maxDepth: 8, maxMembers: 2_000_000 }

/**
 * Writes down what the database's catalog says of relations, so that a table mapping can be held against it where there is no database. The
 * same relations make the same text.
 */
export function writeCatalog(live: ReadonlyMap<string, LiveRelation>): string {
  const sorted = [...live].sort(([a], [b]) => (a < b ? -1 : 1))
  const relations = Object.fromEntries(
    sorted.map(([name, { kind, columns }]) => [name, { kind, columns: Object.fromEntries(columns) }]),
  )
  return `${JSON.stringify({ format: FORMAT, version: VERSION, relations }, undefined, 2)}\n`
}

/**
 * Reads what `writeCatalog` wrote.
 *
 * @param place the file, for messages
 * @throws LockstepError `configuration.invalid` for anything else: no part of a snapshot is guessed
 */
export function readCatalog(bytes: Uint8Array, place: string): ReadonlyMap<string, LiveRelation> {
  // attacker-controlled: the file may be anything, also a snapshot of a later version.
  const refuse = (says: string) =>
    new LockstepError(
      'configuration.invalid',
      `\`catalog\`: ${place} ${says}; write it again with \`lockstep tables snapshot\``,
    )
  let value: JsonValue
  try {
    value = parseJson(bytes, LIMITS)
  } catch (error) {
    throw refuse(`is no JSON that is read here${error instanceof JsonRejection ? ` (${error.reason})` : ''}`)
  }
  if (!isJsonObject(value) || value.format !== FORMAT) throw refuse("is no snapshot of a database's catalog")
  if (value.version !== VERSION) throw refuse(`is not of version ${VERSION} of the format`)
  const catalog = new Map<string, LiveRelation>()
  const relations = membersOf(value.relations)
  if (!relations) throw refuse('is damaged')
  for (const [name, relation] of Object.entries(relations)) {
    const read = readRelation(relation)
    if (!read) throw refuse('is damaged')
    catalog.set(name, read)
  }
  return catalog
}

function readRelation(value: JsonValue): LiveRelation | undefined {
  const { kind, columns } = membersOf(value) ?? {}
  const given = membersOf(columns)
  if (typeof kind !== 'string' || !given) return undefined
  const read = new Map<string, LiveColumn>()
  for (const [name, column] of Object.entries(given)) {
    const { type, required, virtual, unique, collation } = membersOf(column) ?? {}
    if (typeof type !== 'string' || typeof required !== 'boolean' || typeof unique !== 'boolean') return undefined
    if (virtual !== undefined && virtual !== true) return undefined
    const compared = collation === undefined ? undefined : readCollation(collation)
    if (collation !== undefined && !compared) return undefined
    read.set(name, {
      type,
      required,
      ...(virtual ? { virtual } : {}),
      unique,
      ...(compared ? { collation: compared } : {}),
    })
  }
  return { kind, columns: read }
}

function readCollation(value: JsonValue): LiveColumn['collation'] {
  const { schema, name, deterministic } = membersOf(value) ?? {}
  return typeof schema === 'string' && typeof name === 'string' && typeof deterministic === 'boolean'
    ? { schema, name, deterministic }
    : undefined
}

function membersOf(value: JsonValue | undefined): JsonObject | undefined {
  return value !== undefined && isJsonObject(value) ? value : undefined
}
