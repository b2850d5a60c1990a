import { JsonRejection, type JsonValue } from '@lockstep/core'
import type { MemberPlan, OutputPlan } from '../output-plan.ts'
import { plainJson } from '../plain-json.ts'
import { type ReleasedStructure, type Releasing, releaseStructure } from '../release-structure.ts'
import { Withheld } from '../withheld.ts'
import type { JsonCursor } from './json-cursor.ts'
import type { Sink } from './released-output.ts'
import type { ValueSearch } from './search-values.ts'

/** One incremental release while it goes on. */
export interface Incremental {
  readonly releasing: Releasing
  readonly cursor: JsonCursor
  readonly put: Sink
  readonly search: ValueSearch
  /** How deep the value stands in the result. */
  readonly depth: number
  /** Lets what was put leave. */
  readonly settle: () => Promise<void>
  /** Characters of one record, or of one value that is in no list. */
  readonly mostOfValue: number
}

/** Values that one record may have. */
export const MOST_VALUES = 4_000_000
/** Records are put together until so many characters of them were read. */
const BATCH = 16_384

/** Whether a plan can be released as the value comes, rather than with all of it at hand: by the first character of the value. */
function isIncremental(plan: OutputPlan, first: string): boolean {
  switch (plan.kind) {
    case 'object':
      return first === '{'
    case 'list':
    case 'rows':
      return first === '['
    case 'public':
      return first === '[' && plan.fits([])
    default:
      return false
  }
}

/**
 * Releases a value as it comes, by the same plan, the same judges and the same masks as `releaseStructure`; false when nothing of it leaves.
 *
 * @throws JsonRejection `too-large` for one value that cannot be divided and is too much to hold
 */
export async function releaseIncrementally(incremental: Incremental, plan: OutputPlan): Promise<boolean> {
  const { releasing, cursor, put, search, depth, mostOfValue } = incremental
  const first = await cursor.peek()
  if (!isIncremental(plan, first)) {
    const value = await cursor.value(mostOfValue)
    if (value === undefined) throw new JsonRejection('too-large')
    releasing.budget.values = MOST_VALUES
    const left = releaseStructure(releasing, plan, value)
    if (left === undefined) return false
    for (const text of await search.values([left], depth)) put(text)
    return true
  }
  switch (plan.kind) {
    case 'object':
      await releaseMembers(incremental, plan.members)
      break
    case 'list':
      await releaseItems(incremental, (item) => releaseStructure(releasing, plan.items, item))
      break
    case 'rows':
      await releaseItems(incremental, (row) => {
        const { value } = releaseStructure({ ...releasing, withheld: new Withheld(), rows: 1 }, plan, [row]) ?? {}
        return Array.isArray(value) && value.length > 0 ? asReleased(value[0]) : undefined
      })
      break
    case 'public':
      for (const label of plan.labels) releasing.labels.add(label)
      await releaseItems(incremental, (item) => {
        const plain = plainJson(item, releasing.budget)
        return plain === undefined ? undefined : asReleased(plain)
      })
      break
  }
  return true
}

async function releaseMembers(incremental: Incremental, plans: readonly MemberPlan[]): Promise<void> {
  const { releasing, cursor, put, settle, search } = incremental
  const planOf = new Map(plans.map((member) => [member.name, member]))
  const names = await search.names(plans.map(({ name }) => name))
  const writtenAs = new Map(plans.map(({ name }, at) => [name, names[at] ?? name]))
  let written = 0
  put('{')
  for await (const name of cursor.members()) {
    const member = planOf.get(name)
    if (!member) {
      releasing.withheld.field('*')
      await cursor.skip()
      continue
    }
    // What comes of the member is not known before it was read: its name is put with the first of it.
    let isNamed = false
    const head = `${written > 0 ? ',' : ''}${JSON.stringify(writtenAs.get(name) ?? name)}:`
    const named: Sink = (text) => {
      put(isNamed ? text : head + text)
      isNamed = true
    }
    if (!(await releaseIncrementally({ ...incremental, put: named, depth: incremental.depth + 1 }, member.plan))) {
      if (member.plan.kind !== 'cell') releasing.withheld.field(name)
      if (member.orNull) named('null')
    }
    if (isNamed) written += 1
    await settle()
  }
  put('}')
}

async function releaseItems(
  { releasing, cursor, put, settle, search, depth, mostOfValue }: Incremental,
  releaseOne: (item: JsonValue) => ReleasedStructure | undefined,
): Promise<void> {
  let batch: ReleasedStructure[] = []
  let written = 0
  const write = async () => {
    if (batch.length === 0) return
    const texts = await search.values(batch, depth + 1)
    put(`${written > 0 ? ',' : ''}${texts.join(',')}`)
    written += batch.length
    batch = []
  }
  let isOver = false
  let begun = cursor.position()
  put('[')
  for await (const _ of cursor.items()) {
    if (isOver) {
      await cursor.skip()
      continue
    }
    const item = await cursor.value(mostOfValue)
    if (item === undefined) throw new JsonRejection('too-large')
    releasing.budget.values = MOST_VALUES
    const left = releaseOne(item)
    if (left === undefined) releasing.withheld.row()
    else if (releasing.rows > 0) {
      releasing.rows -= 1
      batch.push(left)
    } else {
      releasing.withheld.limit()
      isOver = true
    }
    if (cursor.position() - begun >= BATCH) {
      begun = cursor.position()
      await write()
      await settle()
    }
  }
  await write()
  put(']')
}

function asReleased(value: JsonValue): ReleasedStructure {
  return { value, text: JSON.stringify(value) }
}
