import { inTime } from '@lockstep/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const never = new Promise<never>(() => undefined)

describe('by a clock that the test moves', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const watched = (answer: Promise<unknown>, ms: number) => {
    const seen = { state: 'waits' }
    inTime(answer, ms).then(
      (value) => Object.assign(seen, { state: value }),
      (error) => Object.assign(seen, { state: error instanceof Error ? error.message : error }),
    )
    return seen
  }
  const LATE = 'no answer in time'

  test(proves('faults:retryable', 'each gives up in its own time'), async () => {
    const first = watched(never, 100)
    await vi.advanceTimersByTimeAsync(60)
    const second = watched(never, 100)
    const other = watched(never, 30)
    await vi.advanceTimersByTimeAsync(39)
    expect([first.state, second.state, other.state]).toEqual(['waits', 'waits', LATE])
    await vi.advanceTimersByTimeAsync(1)
    expect([first.state, second.state]).toEqual([LATE, 'waits'])
    await vi.advanceTimersByTimeAsync(59)
    expect(second.state).toBe('waits')
    await vi.advanceTimersByTimeAsync(1)
    expect(second.state).toBe(LATE)
  })

  test(proves('faults:retryable', 'who was answered does not, nor is anybody given up for it'), async () => {
    const answered = watched(Promise.resolve('an answer'), 100)
    const failed = watched(Promise.reject('a reason'), 100)
    await vi.advanceTimersByTimeAsync(50)
    expect([answered.state, failed.state]).toEqual(['an answer', 'a reason'])
    const later = watched(never, 100)
    await vi.advanceTimersByTimeAsync(99)
    expect(later.state).toBe('waits')
    await vi.advanceTimersByTimeAsync(1)
    expect([answered.state, failed.state, later.state]).toEqual(['an answer', 'a reason', LATE])
  })
})

test(proves('faults:retryable', 'whoever waits keeps the process alive, and only as long'), async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  for (let time = 0; time < 2; time += 1) {
    let answer: (value: string) => void = () => undefined
    const waiting = inTime(new Promise<string>((resolve) => (answer = resolve)), 54_321)
    expect(timers()).toBe(before + 1)
    answer('now')
    expect(await waiting).toBe('now')
    expect(timers()).toBe(before)
  }
})
