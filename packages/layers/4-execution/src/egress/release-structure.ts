import {
  type AskRead,
  type AuthorizedCall,
  isJsonObject,
  isPlainJson,
  type JsonObject,
  type JsonValue,
} from '@lockstep/core'
import { copyJson, type JsonBudget } from './copy-json.ts'
import { maskedValue } from './masked-value.ts'
import type { CellPlan, MemberPlan, OutputPlan, RecordPlan } from './output-plan.ts'
import { withoutHidden } from './plain-json.ts'
import { createRecordJudge, type RecordVerdict } from './record-judge.ts'
import { createLayout, type RecordLayout } from './record-layout.ts'
import { createLayouts } from './record-layouts.ts'
import { rememberVerdicts } from './remember-verdicts.ts'
import type { Withheld } from './withheld.ts'

/** One release while it goes on. */
export interface Releasing {
  readonly call: AuthorizedCall
  readonly askRead: AskRead
  readonly isFinalRow: (call: AuthorizedCall, row: JsonValue) => boolean
  readonly withheld: Withheld
  readonly labels: Set<string>
  /** What finds the layout of records of this call, by the plan of the record. */
  readonly layouts: Map<RecordPlan, (names: readonly string[]) => RecordLayout>
  readonly budget: JsonBudget
  /** Rows that may still leave. */
  rows: number
}

/** What leaves of a value: the same as JSON, in which nothing is hidden. */
export interface ReleasedStructure {
  readonly value: JsonValue
  readonly text: string
}

/** Releases one value by its plan; `undefined` when nothing of it leaves. What does not fit its plan is withheld. */
export function releaseStructure(
  releasing: Releasing,
  plan: OutputPlan,
  value: JsonValue,
): ReleasedStructure | undefined {
  const left = releasePlanned(releasing, plan, value)
  if (left === undefined) return undefined
  const text = JSON.stringify(left)
  // INVARIANT: whatever left a plan passes here, as a whole: one search of its text instead of one for each string in it.
  if (isPlainJson(text)) return { value: left, text }
  const plain = withoutHidden(left)
  return { value: plain, text: plain === left ? text : JSON.stringify(plain) }
}

/**
 * What leaves of a value, with what is hidden in its texts.
 *
 * @param verdict of the record around it
 */
function releasePlanned(
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
      const releaseOne = (row: JsonValue) => releasePlanned(releasing, items, row, verdict)
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
  const left = Array.isArray(value)
    ? releaseRows(releasing, value, (item) => copyJson(item, releasing.budget))
    : copyJson(value, releasing.budget)
  return labeled(releasing, labels, left)
}

function releaseRecord(releasing: Releasing, plan: RecordPlan, value: JsonValue): JsonValue | undefined {
  if (!isJsonObject(value)) return undefined
  const names = Object.keys(value)
  const values = Object.values(value)
  const { budget } = releasing
  budget.values -= names.length
  if (budget.values < 0) return undefined
  const layout = layoutOf(releasing, plan, names)
  const verdict = layout.judge(value, values)
  if (!verdict) return undefined
  for (const label of layout.labelsOf(values)) releasing.labels.add(label)
  for (const label of plan.labels) releasing.labels.add(label)
  const left = layout.fill(value, values, verdict)
  return left ?? releaseMembers(releasing, plan.members, value, plan.table.entity, verdict)
}

function layoutOf(releasing: Releasing, plan: RecordPlan, names: readonly string[]): RecordLayout {
  const known = releasing.layouts.get(plan)
  if (known) return known(names)
  const { call, askRead, withheld, labels } = releasing
  const judgeFor = rememberVerdicts(createRecordJudge(call, plan, askRead(call, plan.table.entity)))
  const made = createLayouts((those) =>
    createLayout(those, {
      ...{ plan, judge: judgeFor(those), withheld, labels },
      releaseCell: (cell, value, verdict) => releaseCell(releasing, cell, value, verdict),
      releasePart: (member, value, verdict) => releaseMember(releasing, member, value, plan.table.entity, verdict),
    }),
  )
  releasing.layouts.set(plan, made)
  return made(names)
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
  for (const member of members) {
    const { name } = member
    if (!Object.hasOwn(value, name)) continue
    met += 1
    const left = releaseMember(releasing, member, value[name] ?? null, entity, verdict)
    if (left !== undefined) released[name] = left
  }
  if (met < Object.keys(value).length) releasing.withheld.field(entity === '' ? '*' : `${entity}.*`)
  return released
}

/** What leaves in the place of a member, which may be null. */
function releaseMember(
  releasing: Releasing,
  { name, plan, orNull }: MemberPlan,
  value: JsonValue,
  entity: string,
  verdict: RecordVerdict | undefined,
): JsonValue | undefined {
  if (plan.kind === 'cell') return releaseCell(releasing, plan, value, verdict) ?? (orNull ? null : undefined)
  const left = releasePlanned(releasing, plan, value, verdict)
  if (left !== undefined) return left
  releasing.withheld.field(entity === '' ? name : `${entity}.${name}`)
  return orNull ? null : undefined
}

function releaseCell(
  releasing: Releasing,
  plan: CellPlan,
  value: JsonValue,
  verdict: RecordVerdict | undefined,
): JsonValue | undefined {
  const own = copyJson(value, releasing.budget)
  const form = verdict !== undefined && own !== undefined && plan.fits(own) ? verdict.formOf(plan.class) : undefined
  const left = form === 'plain' ? own : form === 'masked' ? maskedValue(plan, own ?? null) : undefined
  if (left === undefined) releasing.withheld.field(plan.name)
  else {
    if (form === 'masked') releasing.withheld.mask(plan.name)
    labeled(releasing, plan.labels, left)
  }
  return left
}

function finalRow({ call, isFinalRow, budget }: Releasing, row: JsonValue): JsonValue | undefined {
  return isJsonObject(row) && isFinalRow(call, row) ? copyJson(row, budget) : undefined
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
