import { type JsonObject, type JsonValue, plainText } from '@lockstep/core'
import type { CellPlan, MemberPlan } from './output-plan.ts'
import type { RecordVerdict } from './record-judge.ts'
import type { Withheld } from './withheld.ts'

/**
 * How records with the same members in the same order, and the same forms of all classes, are released: a flat list of what leaves, in a copy of an
 * object that has all of its members already. Objects that grow member by member cost several times as much.
 */
interface Shape {
  readonly template: JsonObject
  readonly names: readonly string[]
  /** Where each is among the values of a record. */
  readonly sources: readonly number[]
  readonly cells: readonly CellPlan[]
  readonly isMasked: readonly boolean[]
}

/** Releases a record; `undefined` where it must be looked at member by member. */
export type ReleaseShaped = (record: JsonObject, verdict: RecordVerdict, entity: string) => JsonObject | undefined

/** Creates the fast path for the records of one plan in one release. */
export function createShapes(members: readonly MemberPlan[], withheld: Withheld): ReleaseShaped {
  const planOf = new Map(members.map((member) => [member.name, member]))
  let keys: readonly string[] = []
  let shapes = new Map<string, Shape | false>()
  const classes = [...new Set(members.flatMap(({ plan }) => (plan.kind === 'cell' ? [plan.class] : [])))]

  return (record, verdict, entity) => {
    const names = Object.keys(record)
    if (!isSame(names, keys)) {
      keys = names
      shapes = new Map()
    }
    let forms = ''
    for (const fieldClass of classes) {
      const form = verdict(fieldClass)
      forms += form === 'plain' ? 'p' : form === 'masked' ? 'm' : '-'
    }
    let shape = shapes.get(forms)
    if (shape === undefined) {
      shape = shapeOf(names, verdict, entity) ?? false
      shapes.set(forms, shape)
    }
    return shape ? fill(shape, Object.values(record)) : undefined
  }

  function shapeOf(names: readonly string[], verdict: RecordVerdict, entity: string): Shape | undefined {
    const taken: { name: string; source: number; cell: CellPlan; isMasked: boolean }[] = []
    const noted: (() => void)[] = []
    for (const [source, name] of names.entries()) {
      const member = planOf.get(name)
      if (!member) noted.push(() => withheld.field(`${entity}.*`))
      else if (member.plan.kind !== 'cell' || !member.plan.isScalar || member.orNull) return undefined
      else {
        const cell = member.plan
        const form = verdict(cell.class)
        if (form === undefined) noted.push(() => withheld.field(cell.name))
        else taken.push({ name, source, cell, isMasked: form === 'masked' })
        if (form === 'masked') noted.push(() => withheld.mask(cell.name))
      }
    }
    for (const note of noted) note()
    return {
      template: Object.fromEntries(taken.map(({ name }) => [name, null])),
      names: taken.map(({ name }) => name),
      sources: taken.map(({ source }) => source),
      cells: taken.map(({ cell }) => cell),
      isMasked: taken.map(({ isMasked }) => isMasked),
    }
  }
}

/** INVARIANT: what is not a scalar, and a mask that fails, is left to the path that knows what to do with it. */
function fill(
  { template, names, sources, cells, isMasked }: Shape,
  values: readonly JsonValue[],
): JsonObject | undefined {
  const released: Record<string, JsonValue> = { ...template }
  try {
    for (let at = 0; at < names.length; at += 1) {
      let value = values[sources[at] ?? -1]
      if (typeof value === 'object' && value !== null) return undefined
      if (isMasked[at]) value = cells[at]?.mask(value ?? null)
      if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return undefined
      released[names[at] ?? ''] = typeof value === 'string' ? plainText(value) : value
    }
  } catch {
    return undefined
  }
  return released
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false
  return true
}
