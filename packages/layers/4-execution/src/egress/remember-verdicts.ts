import type { JsonObject, JsonValue } from '@lockstep/core'
import type { RecordJudge, RecordVerdict } from './record-judge.ts'

/** Stands for every text that the policy does not tell from others. */
const OTHER = Symbol('other')

/** Combinations of values that are remembered. */
const MOST = 4_096

/** What is known of one combination of values, member after member. */
interface Level {
  readonly next: Map<JsonValue | typeof OTHER | undefined, Level>
  verdict?: RecordVerdict | false
}

/**
 * Judges a record whose values are at hand; `undefined` for one that may not be seen.
 *
 * @param values of all members of the record, in its order
 */
export type JudgeValues = (record: JsonObject, values: readonly JsonValue[]) => RecordVerdict | undefined

/**
 * Judges records with the same values in what the policy reads once. Only values without members are compared: a record with any other there, or
 * without a key, is judged by itself.
 *
 * @returns makes what judges records with just these members in just this order
 */
export function rememberVerdicts({ judge, key, reads }: RecordJudge): (names: readonly string[]) => JudgeValues {
  const root: Level = { next: new Map() }
  let count = 0

  return (names) => {
    if (reads === undefined) return judge
    const keyAt = key === undefined ? -1 : names.indexOf(key)
    const places = reads.map(({ name, told }) => ({ place: names.indexOf(name), told }))
    return (record, values) => {
      const level = keyAt !== -1 && isKey(values[keyAt]) ? levelOf(values, places) : undefined
      if (!level) return judge(record)
      if (level.verdict === undefined) level.verdict = judge(record) ?? false
      return level.verdict || undefined
    }
  }

  function levelOf(values: readonly JsonValue[], places: readonly Place[]): Level | undefined {
    let level = root
    for (let at = 0; at < places.length; at += 1) {
      const { place, told } = places[at]!
      const value = place === -1 ? undefined : values[place]
      if (typeof value === 'object' && value !== null) return undefined
      const known = told !== undefined && typeof value === 'string' && !told.has(value) ? OTHER : value
      let next = level.next.get(known)
      if (!next) {
        if (count >= MOST) return undefined
        count += 1
        next = { next: new Map() }
        level.next.set(known, next)
      }
      level = next
    }
    return level
  }
}

/** Where a record of some layout holds what the policy reads. */
interface Place {
  /** -1 where it does not. */
  readonly place: number
  readonly told: ReadonlySet<string> | undefined
}

function isKey(value: JsonValue | undefined): boolean {
  return typeof value === 'string' || typeof value === 'number'
}
