import { type AskRead, type AuthorizedCall, isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { labelsOfRecord } from './labels-of-record.ts'
import type { CellPlan, MemberPlan, OutputPlan, RecordPlan } from './output-plan.ts'
import { type PlainBudget, plainJson } from './plain-json.ts'
import { createRecordJudge, type RecordJudge, type RecordVerdict } from './record-judge.ts'
import { createShapes, type ReleaseShaped } from './record-shape.ts'
import type { Withheld } from './withheld.ts'

/** One release while it goes on. */
export interface Releasing {
  readonly call: AuthorizedCall
  readonly askRead: AskRead
  readonly isFinalRow: (call: AuthorizedCall, row: JsonValue) => boolean
  readonly withheld: Withheld
  readonly labels: Set<string>
  /** Judges of this call, by the plan of the record. */
  readonly judges: Map<RecordPlan, RecordJudge>
  readonly shapes: Map<RecordPlan, ReleaseShaped>
  readonly budget: PlainBudget
  /** Rows that may still leave. */
  rows: number
}

/**
 * Releases one value by its plan; `undefined` when nothing of it leaves. What does not fit its plan is withheld.
 *
 * @param verdict of the record around it
 */
export function releaseStructure(
  releasing: Releasing,
  plan: OutputPlan,
  value: JsonValue,
  verdict?: RecordVerdict,
): JsonValue | undefined {
  switch (plan.kind) {
    case 'public':
      return releasePublic(releasing, plan, value)
    case 'cell':
      return releaseCell(releasing, plan, value, verdict)
    case 'rows':
      if (!Array.isArray(value)) return undefined
      return releaseRows(releasing, value, (row) => labeled(releasing, plan.labels, finalRow(releasing, row)))
    case 'record':
      return finalRow(releasing, value) ?? releaseRecord(releasing, plan, value)
    case 'object':
      return isJsonObject(value) ? releaseMembers(releasing, plan.members, value, '', verdict) : undefined
    case 'list': {
      const { items, single } = plan
      const releaseOne = (row: JsonValue) => releaseStructure(releasing, items, row, verdict)
      if (Array.isArray(value)) return releaseRows(releasing, value, releaseOne)
      return single ? releaseRows(releasing, [value], releaseOne)[0] : undefined
    }
  }
}

function releasePublic(
  releasing: Releasing,
  { fits, labels }: Extract<OutputPlan, { kind: 'public' }>,
  value: JsonValue,
): JsonValue | undefined {
  if (!fits(value)) return undefined
  const plain = Array.isArray(value)
    ? releaseRows(releasing, value, (item) => plainJson(item, releasing.budget))
    : plainJson(value, releasing.budget)
  return labeled(releasing, labels, plain)
}

function releaseRecord(releasing: Releasing, plan: RecordPlan, value: JsonValue): JsonValue | undefined {
  if (!isJsonObject(value)) return undefined
  const verdict = judgeOf(releasing, plan)(value)
  if (!verdict) return undefined
  for (const label of labelsOfRecord(value, plan.table, plan.memberOf)) releasing.labels.add(label)
  for (const label of plan.labels) releasing.labels.add(label)
  const { shapes, budget } = releasing
  let shaped = shapes.get(plan)
  if (!shaped) {
    shaped = createShapes(plan.members, releasing.withheld)
    shapes.set(plan, shaped)
  }
  const left = budget.values > plan.members.length ? shaped(value, verdict, plan.table.entity) : undefined
  if (!left) return releaseMembers(releasing, plan.members, value, plan.table.entity, verdict)
  budget.values -= plan.members.length
  return left
}

function judgeOf({ judges, call, askRead }: Releasing, plan: RecordPlan): RecordJudge {
  const known = judges.get(plan)
  if (known) return known
  const made = createRecordJudge(call, plan.table, plan.memberOf, askRead(call, plan.table.entity))
  judges.set(plan, made)
  return made
}

/** @param entity whose record it is; empty for an object that is none */
function releaseMembers(
  releasing: Releasing,
  members: readonly MemberPlan[],
  value: JsonObject,
  entity: string,
  verdict: RecordVerdict | undefined,
): JsonObject {
  const released: Record<string, JsonValue> = {}
  let met = 0
  for (const { name, plan, orNull } of members) {
    if (!Object.hasOwn(value, name)) continue
    met += 1
    const member = value[name] ?? null
    const left =
      plan.kind === 'cell'
        ? releaseCell(releasing, plan, member, verdict)
        : releaseStructure(releasing, plan, member, verdict)
    if (left !== undefined) released[name] = left
    else {
      if (plan.kind !== 'cell') releasing.withheld.field(entity === '' ? name : `${entity}.${name}`)
      if (orNull) released[name] = null
    }
  }
  if (met < Object.keys(value).length) releasing.withheld.field(entity === '' ? '*' : `${entity}.*`)
  return released
}

function releaseCell(
  releasing: Releasing,
  plan: CellPlan,
  value: JsonValue,
  verdict: RecordVerdict | undefined,
): JsonValue | undefined {
  const form = verdict !== undefined && plan.fits(value) ? verdict(plan.class) : undefined
  const shown = form === 'plain' ? value : form === 'masked' ? maskedValue(plan, value) : undefined
  const left = shown === undefined ? undefined : plainJson(shown, releasing.budget)
  if (left === undefined) releasing.withheld.field(plan.name)
  else {
    if (form === 'masked') releasing.withheld.mask(plan.name)
    if (plan.labels.length > 0) labeled(releasing, plan.labels, left)
  }
  return left
}

/** A mask of one's own may throw: then there is nothing to show. */
function maskedValue({ mask }: CellPlan, value: JsonValue): JsonValue | undefined {
  try {
    return mask(value)
  } catch {
    return undefined
  }
}

function finalRow({ call, isFinalRow, budget }: Releasing, row: JsonValue): JsonValue | undefined {
  return isJsonObject(row) && isFinalRow(call, row) ? plainJson(row, budget) : undefined
}

function releaseRows(
  releasing: Releasing,
  rows: readonly JsonValue[],
  releaseOne: (row: JsonValue) => JsonValue | undefined,
): readonly JsonValue[] {
  const released: JsonValue[] = []
  for (const row of rows) {
    const left = releaseOne(row)
    if (left === undefined) releasing.withheld.row()
    else if (releasing.rows > 0) {
      releasing.rows -= 1
      released.push(left)
    } else {
      // Known by a row that might have left: of rows that are hidden it tells nothing.
      releasing.withheld.limit()
      break
    }
  }
  return released
}

function labeled({ labels }: Releasing, names: readonly string[], left: JsonValue | undefined): JsonValue | undefined {
  if (left !== undefined) for (const name of names) labels.add(name)
  return left
}
