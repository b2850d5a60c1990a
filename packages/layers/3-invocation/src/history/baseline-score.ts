import type { AnomalyInput, AnomalyScore } from '@lockstep/core'

const HOURS_A_DAY = 24
/** A busy hour by any measure: below it the rate says nothing. */
const LEAST_BUSY = 10

/** What each sign weighs: together 100. */
const WEIGHTS = { tool: 35, resource: 15, hour: 25, rate: 25 } as const

/**
 * The baseline: four signs, each with its weight, from what this person did through this agent in the time that is remembered.
 *
 * - the tool was never used (35)
 * - the resource was never met through this tool (15)
 * - nothing was ever done within an hour of this hour of the day, in UTC (25)
 * - more calls in this hour than in twice the busiest hour before, of at least ten (25); between once and twice, a share of it
 *
 * The same history and the same moment give the same score. Whoever was never there before is new in everything but the rate.
 */
export const baselineScore: AnomalyScore = {
  score({ resource, toolUse, resourceUse, hours, at }: AnomalyInput): number {
    const now = Math.floor(at / 3_600_000)
    const before = hours.filter(({ hour }) => hour !== now)
    const known = before.some(({ hour }) => clockDistance(hour, now) <= 1)
    const calls = 1 + (hours.find(({ hour }) => hour === now)?.calls ?? 0)
    const busiest = Math.max(LEAST_BUSY, ...before.map((one) => one.calls))
    return (
      (toolUse ? 0 : WEIGHTS.tool) +
      (resource && !resourceUse ? WEIGHTS.resource : 0) +
      (known ? 0 : WEIGHTS.hour) +
      Math.round(WEIGHTS.rate * Math.min(1, Math.max(0, calls / busiest - 1)))
    )
  },
}

/** How far two hours of the day are from each other, around the clock. */
function clockDistance(a: number, b: number): number {
  const apart = Math.abs(a - b) % HOURS_A_DAY
  return Math.min(apart, HOURS_A_DAY - apart)
}
