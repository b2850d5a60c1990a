import type { AnomalyInput } from '@lockstep/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { baselineScore } from '../src/history/baseline-score.ts'
import { readAmount } from '../src/history/read-amount.ts'
import { createTurns } from '../src/history/take-turns.ts'
import { counterKey, planTools } from '../src/history/tool-plan.ts'

const HOUR = 3_600_000
const AT = 500_000 * HOUR + 123
const use = { name: 'x', first: 0, last: 0, times: 1 }
const usual: AnomalyInput = {
  caller: { issuer: 'i', subject: 's', actor: 'a' },
  tool: 'pay',
  resource: { type: 'Account', id: '1' },
  at: AT,
  toolUse: use,
  resourceUse: use,
  hours: [{ hour: 500_000 - 24, calls: 12 }],
}
const score = (change: Partial<AnomalyInput>) => baselineScore.score({ ...usual, ...change })

describe('the baseline', () => {
  test(proves('sequences:baseline', 'each sign has its weight'), () => {
    expect(score({})).toBe(0)
    expect(score({ toolUse: undefined })).toBe(35)
    expect(score({ resourceUse: undefined })).toBe(15)
    expect(score({ resource: undefined, resourceUse: undefined }), 'a tool without a resource').toBe(0)
    expect(score({ hours: [] })).toBe(25)
    expect(score({ toolUse: undefined, resourceUse: undefined, hours: [] }), 'who was never there').toBe(75)
    expect(score({ toolUse: undefined, resourceUse: undefined, hours: [{ hour: 500_000, calls: 500 }] })).toBe(100)
  })

  test.each([
    [-1, 0],
    [1, 0],
    [23, 0],
    [-23, 0],
    [2, 25],
    [12, 25],
    [-47, 0],
    [-46, 25],
  ])(proves('sequences:baseline', 'an hour %s away'), (away, points) => {
    expect(score({ hours: [{ hour: 500_000 + away, calls: 1 }] })).toBe(points)
  })

  test(proves('sequences:baseline', 'the rate, against the busiest hour or ten'), () => {
    const now = (calls: number, busiest = 12) =>
      score({
        hours: [
          { hour: 500_000 - 24, calls: busiest },
          { hour: 500_000, calls },
        ],
      })
    expect(now(11), 'with this call as busy as ever').toBe(0)
    expect(now(14), '15 of 12').toBe(6)
    expect(now(23), 'twice').toBe(25)
    expect(now(1_000)).toBe(25)
    expect(now(9, 1), 'ten are never many').toBe(0)
    expect(now(10, 1)).toBe(3)
  })

  test(proves('sequences:baseline', 'always a whole number from 0 to 100'), () => {
    const hour = fc.record({ hour: fc.nat(600_000), calls: fc.integer({ min: 1, max: 2 ** 40 }) })
    fc.assert(
      fc.property(fc.array(hour, { maxLength: 50 }), fc.nat(2 ** 41), fc.boolean(), fc.boolean(), (hours, at, a, b) => {
        const input = { ...usual, hours, at, toolUse: a ? use : undefined, resourceUse: b ? use : undefined }
        const found = baselineScore.score(input)
        expect(Number.isInteger(found) && (found as number) >= 0 && (found as number) <= 100).toBe(true)
        expect(baselineScore.score(input)).toBe(found)
      }),
      { numRuns: runs(200) },
    )
  })
})

test(proves('sequences:amounts', 'any value but a whole number of the currency'), () => {
  const source = { argument: 'a.b', currency: { argument: 'c' } }
  fc.assert(
    fc.property(fc.anything(), fc.oneof(fc.constant('EUR'), fc.anything()), (amount, currency) => {
      const read = readAmount({ source, currency: 'EUR' }, { a: { b: amount }, c: currency } as never, undefined)
      const isGood = Number.isSafeInteger(amount) && (amount as number) >= 0 && !Object.is(amount, -0)
      expect(read).toEqual(isGood && currency === 'EUR' ? { amount } : { problem: expect.any(String) })
    }),
    { numRuns: runs(500) },
  )
  const inherited = Object.create({ b: 5 }) as { b: number }
  expect(readAmount({ source, currency: 'EUR' }, { a: inherited, c: 'EUR' }, undefined)).toHaveProperty('problem')
})

test(proves('sequences:structuring', 'whose counters are one, and whose are not'), () => {
  const tools = { pay: { argument: 'amount' } }
  const caller = { issuer: 'i', subject: 's', actor: 'a' }
  const keys = (per: 'subject' | 'actor' | 'subject+actor', changes: Partial<typeof caller>, name = 'x') => {
    const plan = planTools({ sums: { [name]: { currency: 'EUR', window: '1 day', per, tools } } })
    const [counter] = plan.get('pay')?.counters ?? []
    return counter && counterKey(counter, { ...caller, ...changes })
  }
  const others = [{ issuer: 'j' }, { subject: 't' }, { actor: 'b' }]
  const same = (per: Parameters<typeof keys>[0]) => others.map((other) => keys(per, other) === keys(per, {}))
  expect(same('subject'), 'over all agents').toEqual([false, false, true])
  expect(same('actor'), 'over everybody, whatever issuer told of it').toEqual([true, true, false])
  expect(same('subject+actor')).toEqual([false, false, false])
  expect(keys('subject', {}, 'y')).not.toBe(keys('subject', {}))
  expect(keys('subject', { issuer: 'is', subject: '' })).not.toBe(keys('subject', { issuer: 'i', subject: 's' }))
})

test(proves('sequences:again', 'in turns, also after one that failed'), async () => {
  const takeTurn = createTurns()
  const order: string[] = []
  const work =
    (name: string, fails = false) =>
    async () => {
      order.push(`${name} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      order.push(`${name} ends`)
      if (fails) throw new Error(name)
    }
  const all = await Promise.allSettled([
    takeTurn('k', work('one', true)),
    takeTurn('k', work('two')),
    takeTurn('other', work('beside')),
  ])
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(order.filter((line) => !line.startsWith('beside'))).toEqual([
    'one begins',
    'one ends',
    'two begins',
    'two ends',
  ])
  expect(order.indexOf('beside begins'), 'another key does not wait').toBeLessThan(order.indexOf('one ends'))
})
