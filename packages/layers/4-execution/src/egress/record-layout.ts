import type { JsonObject, JsonValue } from '@lockstep/core'
import { labelsOfRecord } from './labels-of-record.ts'
import { maskedValue } from './masked-value.ts'
import type { CellPlan, MemberPlan, RecordPlan } from './output-plan.ts'
import type { RecordVerdict } from './record-judge.ts'
import type { JudgeValues } from './remember-verdicts.ts'
import { scalarKind } from './scalar-kinds.ts'
import type { Withheld } from './withheld.ts'

/** How records with the same members in the same order are released. */
export interface RecordLayout {
  readonly names: readonly string[]
  readonly judge: JudgeValues
  /** The labels that a record carries by itself. */
  readonly labelsOf: (values: readonly JsonValue[]) => readonly string[]
  /**
   * What leaves of a record; `undefined` where it must be looked at member by member.
   *
   * @param record what leaves where nothing of it stays is a copy of it, made over
   * @param values of all of its members, in its order
   */
  readonly fill: (record: JsonObject, values: readonly JsonValue[], verdict: RecordVerdict) => JsonObject | undefined
}

/** What a layout is made of. */
export interface LayoutParts {
  readonly plan: RecordPlan
  readonly judge: JudgeValues
  readonly withheld: Withheld
  readonly labels: Set<string>
  /** Releases a cell that is not plain to see: `undefined` when it stays. */
  readonly releaseCell: (plan: CellPlan, value: JsonValue, verdict: RecordVerdict) => JsonValue | undefined
  /** Releases a member that is no cell; it stays where this is `undefined`, which is noted. */
  readonly releasePart: (member: MemberPlan, value: JsonValue, verdict: RecordVerdict) => JsonValue | undefined
}

/** What leaves of records of a layout whose classes are read in the same forms: a flat list, for one loop. */
interface Shape {
  /** Whether all of a record's members leave, so that its copy is made over; or a copy of this is filled, which has all that leave. */
  readonly template: JsonObject | undefined
  readonly names: readonly string[]
  /** Where each is among the values of a record. */
  readonly places: readonly number[]
  readonly cells: readonly CellPlan[]
  /** Which scalars may leave as they are. */
  readonly scalars: readonly number[]
  readonly isMasked: readonly boolean[]
  /** What stays as null. */
  readonly nulls: readonly string[]
  readonly parts: readonly { readonly member: MemberPlan; readonly place: number }[]
  /** Notes what stays and what is masked in every record of this shape, when the first one left. */
  note: (() => void) | undefined
}

/** Works out once how records with these members are released. Objects that grow member by member cost several times as much. */
export function createLayout(names: readonly string[], parts: LayoutParts): RecordLayout {
  const { plan, judge, releaseCell, releasePart } = parts
  const shapes = new Map<string, Shape>()

  return { names, judge, labelsOf: labelsOfRecord(names, plan.table, plan.memberOf), fill }

  function fill(record: JsonObject, values: readonly JsonValue[], verdict: RecordVerdict): JsonObject | undefined {
    const forms = verdict.forms()
    let shape = shapes.get(forms)
    if (!shape) {
      shape = createShape(names, verdict, parts)
      shapes.set(forms, shape)
    }
    const isWhole = shape.template === undefined
    const released: Record<string, JsonValue> = isWhole ? { ...record } : { ...shape.template }
    const { cells, places, scalars, isMasked } = shape
    for (let at = 0; at < cells.length; at += 1) {
      const value = values[places[at] ?? 0]
      let left = value
      // INVARIANT: what is not a scalar that fits, and a mask that fails, is left to what knows what to do with it.
      if (value !== null && (scalarKind(value) & (scalars[at] ?? 0)) === 0) {
        left = typeof value === 'object' ? releaseCell(cells[at]!, value, verdict) : undefined
      } else if (isMasked[at]) left = maskedValue(cells[at]!, value ?? null)
      if (left === undefined) return undefined
      if (!isWhole || left !== value) released[shape.names[at] ?? ''] = left
    }
    for (const name of shape.nulls) released[name] = null
    shape.note?.()
    shape.note = undefined
    for (const { member, place } of shape.parts) {
      const left = releasePart(member, values[place] ?? null, verdict)
      if (left !== undefined) released[member.name] = left
    }
    return released
  }
}

function createShape(
  names: readonly string[],
  verdict: RecordVerdict,
  { plan: { table, members }, withheld, labels }: LayoutParts,
): Shape {
  const planOf = new Map(members.map((member) => [member.name, member]))
  const taken: { name: string; place: number; cell: CellPlan; isMasked: boolean }[] = []
  const stays: { name: string; cell: CellPlan; orNull: boolean }[] = []
  const parts: { member: MemberPlan; place: number }[] = []
  let unknown = 0
  for (const [place, name] of names.entries()) {
    const member = planOf.get(name)
    if (!member) unknown += 1
    else if (member.plan.kind !== 'cell') parts.push({ member, place })
    else {
      const cell = member.plan
      const form = verdict.formOf(cell.class)
      if (form === undefined) stays.push({ name, cell, orNull: member.orNull })
      else taken.push({ name, place, cell, isMasked: form === 'masked' })
    }
  }
  const nulls = stays.filter(({ orNull }) => orNull).map(({ name }) => name)
  const isWhole = taken.length + nulls.length === names.length
  const kept = names.filter((name) => nulls.includes(name) || taken.some((one) => one.name === name))
  return {
    template: isWhole ? undefined : Object.fromEntries(kept.map((name) => [name, null])),
    names: taken.map(({ name }) => name),
    places: taken.map(({ place }) => place),
    cells: taken.map(({ cell }) => cell),
    scalars: taken.map(({ cell }) => cell.scalars),
    isMasked: taken.map(({ isMasked }) => isMasked),
    nulls,
    parts,
    note() {
      for (const { cell } of stays) withheld.field(cell.name)
      if (unknown > 0) withheld.field(`${table.entity}.*`)
      for (const { cell, isMasked } of taken) {
        if (isMasked) withheld.mask(cell.name)
        for (const label of cell.labels) labels.add(label)
      }
    },
  }
}
