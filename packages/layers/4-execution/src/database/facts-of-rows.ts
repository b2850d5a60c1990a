import {
  digest,
  type EntityFact,
  type EntityRef,
  type Facts,
  isExtensionLiteral,
  LockstepError,
  type Value,
} from '@lockstep/core'
import { INTEGER } from '../policy/attribute-kind.ts'
import type { PlannedEntity, RelationPlan, ValueKind } from './plan-relations.ts'
import { LONGEST_TEXT, ROOTS } from './relations-statement.ts'

/** One thing that was read: by which relation, about which entity of its type. */
interface Said {
  readonly slot: number
  readonly about: string
  readonly value: string | null
}

type Row = Readonly<Record<string, unknown>>

/**
 * The facts that the rows of the statement say, always the same for the same rows, whatever their order.
 *
 * @param roots the caller, of whom something is said in any case
 * @throws LockstepError `policy.facts-invalid`
 */
export function factsOfRows(roots: readonly EntityRef[], rows: readonly Row[], plan: RelationPlan): Facts {
  const said = rows.map((row) => readRow(row, plan)).sort(inOrder)
  const about = new Map<string, Said[]>()
  const entities = new Map(roots.map((root) => [keyOf(root), root]))
  for (const one of said) {
    const planned = plan.relations[one.slot]
    if (!planned) continue
    const key = keyOf({ type: planned.of, id: one.about })
    about.set(key, [...(about.get(key) ?? []), one])
    // What the mapping says nothing about is a name, and no fact.
    if (planned.value.is !== 'entity' || one.value === null || !plan.entities.has(planned.value.entity)) continue
    const led = { type: planned.value.entity, id: one.value }
    entities.set(keyOf(led), led)
  }
  return {
    entities: [...entities].map(([key, entity]) => describe(entity, about.get(key) ?? [], plan)),
    revision: digest(said.map(({ slot, about, value }) => [slot, about, value])),
  }
}

function readRow({ slot, about, value }: Row, { relations }: RelationPlan): Said {
  const index = Number(slot) - ROOTS
  if (!relations[index] || typeof about !== 'string' || (typeof value !== 'string' && value !== null)) {
    throw unfit('a row of the relations has another shape')
  }
  if (value !== null && value.length > LONGEST_TEXT) throw unfit('a text of the relations is too long')
  return { slot: index, about, value }
}

function inOrder(one: Said, other: Said): number {
  return one.slot - other.slot || compare(one.about, other.about) || compare(one.value ?? '', other.value ?? '')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function describe({ type, id }: EntityRef, said: readonly Said[], { relations, entities }: RelationPlan): EntityFact {
  const { required, sets, otherwise }: PlannedEntity = entities.get(type) ?? { required: [], sets: [], otherwise: {} }
  const attributes = new Map<string, Value>(Object.entries(otherwise))
  const members = new Map<string, Value[]>(sets.map((name) => [name, []]))
  const parents: EntityRef[] = []
  const single = new Set<string>()
  for (const { slot, value } of said) {
    const { attribute, value: kind } = relations[slot] ?? {}
    if (!kind) continue
    if (attribute && !attribute.isSet) {
      if (value === null) continue
      if (single.has(attribute.name)) throw unfit('an attribute has two values')
      single.add(attribute.name)
      attributes.set(attribute.name, readCell(kind, value))
      continue
    }
    // A member that is not known could be any.
    if (value === null) throw unfit('a relation leads to NULL')
    if (attribute) members.get(attribute.name)?.push(readCell(kind, value))
    else if (kind.is === 'entity') parents.push({ type: kind.entity, id: value })
  }
  for (const [name, set] of members) attributes.set(name, { set })
  if (required.some((name) => !attributes.has(name))) throw unfit('a required attribute is said by no row')
  return { type, id, attributes: Object.fromEntries(attributes), parents }
}

function readCell(kind: ValueKind, text: string): Value {
  if (kind.is === 'entity') return { entity: { type: kind.entity, id: text } }
  if (kind.is === 'string') return text
  if (kind.is === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (kind.is === 'long' && INTEGER.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  if (kind.is === 'extension' && isExtensionLiteral(kind.type, text)) return { extension: { type: kind.type, text } }
  throw unfit('a cell is no value of its attribute')
}

function keyOf({ type, id }: EntityRef): string {
  return JSON.stringify([type, id])
}

function unfit(detail: string): LockstepError {
  return new LockstepError('policy.facts-invalid', detail)
}
