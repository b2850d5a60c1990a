import type { JsonObject, JsonValue } from '@lockstep/core'
import type { RecordJudge, RecordVerdict } from './record-judge.ts'

/** Combinations of values that are remembered. */
const MOST = 4_096

/** What is known of one combination of values, member after member. */
interface Level {
  readonly next: Map<JsonValue | undefined, Level>
  verdict?: RecordVerdict | false
}

/**
 * Judges records with the same values in what the policy reads once. Only values without members are compared: a record with any other there, or
 * without a key, is judged by itself.
 */
export function rememberVerdicts(judge: RecordJudge, key: string | undefined, members: readonly string[]): RecordJudge {
  const root: Level = { next: new Map() }
  let count = 0
  return (record) => {
    const level = hasKey(record, key) ? levelOf(record) : undefined
    if (!level) return judge(record)
    if (level.verdict === undefined) level.verdict = judge(record) ?? false
    return level.verdict || undefined
  }

  function levelOf(record: JsonObject): Level | undefined {
    let level = root
    for (const member of members) {
      const value = Object.hasOwn(record, member) ? record[member] : undefined
      if (typeof value === 'object' && value !== null) return undefined
      let next = level.next.get(value)
      if (!next) {
        if (count >= MOST) return undefined
        count += 1
        next = { next: new Map() }
        level.next.set(value, next)
      }
      level = next
    }
    return level
  }
}

function hasKey(record: JsonObject, key: string | undefined): boolean {
  if (key === undefined || !Object.hasOwn(record, key)) return false
  const type = typeof record[key]
  return type === 'string' || type === 'number'
}
