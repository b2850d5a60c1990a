import { createMemoryAudit } from '@lockstep/audit'
import { type AnomalyScore, LockstepError } from '@lockstep/core'
import { afterEach, describe, expect, test } from 'vitest'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { codeOf, HISTORY, openTreasury, SECOND, type Treasury } from '../fixtures/treasury/open-treasury.ts'
import { createMeeting, createWatchedState, type WatchedState } from '../fixtures/treasury/watched-state.ts'
import { proves } from '../requirements/index.ts'

const DENIED = 'invocation.denied'
const LIMIT = 1_000_000
const DOWN = async () => {
  throw new LockstepError('state.unavailable')
}

let bank: Treasury
let state: WatchedState
afterEach(() => bank.close())
async function open(changes: Parameters<typeof openTreasury>[0] = {}): Promise<HouseAgent> {
  state = createWatchedState()
  bank = await openTreasury({ state, ...changes })
  return bank.agent('alice')
}

const transfer = (amount: number) => ({ account: 'alice-1', payment: { amount, currency: 'EUR' } })
const pay = (agent: HouseAgent, amount: number, beside?: { idempotencyKey?: string; txnToken?: string }) =>
  agent.call('transfer', transfer(amount), beside)
const payCode = async (...given: Parameters<typeof pay>) => codeOf(await pay(...given))
/** How much is left of the limit: tried, so it is then spent. */
async function spendsUp(agent: HouseAgent, left: number): Promise<void> {
  expect(await payCode(agent, left + 1), 'one more than is left').toBe(DENIED)
  expect(await payCode(agent, left), 'exactly what is left').toBe('ok')
}

describe('counted once', () => {
  test(proves('sequences:counted-once', 'sent again under its key'), async () => {
    const alice = await open()
    const first = await pay(alice, 600_000, { idempotencyKey: 'rent' })
    const again = await pay(alice, 600_000, { idempotencyKey: 'rent' })
    expect(again.body).toEqual(first.body)
    expect(bank.ran).toHaveLength(1)
    expect(state.asked).toEqual(['read', 'reserve', 'settle'])
    await spendsUp(alice, 400_000)
  })

  test(proves('sequences:counted-once', 'observed'), async () => {
    const alice = await open({ mode: { invocation: 'observe' } })
    for (let times = 0; times < 3; times += 1) expect(await payCode(alice, 900_000)).toBe('ok')
    expect(bank.ran).toHaveLength(3)
    expect(new Set(state.asked), 'it looks and takes nothing').toEqual(new Set(['read']))
    const { spending } = state.state()
    expect(await spending.unresolved()).toEqual([])
  })

  test(proves('sequences:counted-once', 'refused, and agreed to without being run'), async () => {
    const alice = await open()
    expect(codeOf(await alice.call('transfer', { ...transfer(500_000), account: 'bob-1' }))).toBe(DENIED)
    expect(await payCode(alice, LIMIT + 1)).toBe(DENIED)
    const token = await alice.txnToken('transfer', transfer(500_000))
    expect(state.asked.filter((name) => name !== 'read')).toEqual([])
    expect(await payCode(alice, 500_000, { txnToken: token })).toBe('ok')
    await spendsUp(alice, 500_000)
  })
})

describe('given back', () => {
  test(proves('sequences:given-back', 'used a token twice at once'), async () => {
    const alice = await open()
    const txnToken = await alice.txnToken('transfer', transfer(300_000))
    const meet = createMeeting(3)
    state.instead = {
      // All three have a token that nobody used yet.
      reserve: async (reservation) => {
        await meet()
        return state.state().spending.reserve(reservation)
      },
    }
    const answers = await Promise.all([1, 2, 3].map(() => payCode(alice, 300_000, { txnToken })))
    expect(answers.sort()).toEqual(['invocation.txn-token-replayed', 'invocation.txn-token-replayed', 'ok'])
    expect(bank.ran).toHaveLength(1)
    await spendsUp(alice, 700_000)
  })

  test(proves('sequences:given-back', 'the intent could not be recorded'), async () => {
    const audit = createMemoryAudit()
    let down = true
    const alice = await open({
      audit: {
        append: async (event) => {
          if (down && event.step === 'invocation' && event.outcome === 'permitted') {
            throw new LockstepError('audit.unavailable')
          }
          return audit.append(event)
        },
      },
    })
    expect(await payCode(alice, LIMIT)).toBe('audit.unavailable')
    expect(bank.ran).toEqual([])
    expect(state.asked).toEqual(['read', 'reserve', 'release'])
    down = false
    await spendsUp(alice, LIMIT)
  })
})

test(proves('sequences:unknown'), async () => {
  const alice = await open()
  let answer: (() => void) | undefined
  bank.hold = () =>
    new Promise<void>((resolve) => {
      answer = resolve
    })
  // The process that ran it never comes back.
  const lost = pay(alice, 700_000).catch(() => undefined)
  while (!answer) await new Promise((resolve) => setTimeout(resolve, 5))
  const hold = answer
  bank.hold = async () => undefined
  expect(await payCode(alice, 300_001), 'what runs counts').toBe(DENIED)
  const { spending } = state.state()
  expect(await spending.unresolved()).toEqual([])
  bank.advance(31_000)
  expect(await payCode(alice, 300_001), 'and after it must have ended').toBe(DENIED)
  const [unknown, ...others] = await spending.unresolved()
  expect(others).toEqual([])
  expect(await spending.resolve(unknown?.call ?? '', 'did-not-happen')).toBe(true)
  await spendsUp(alice, LIMIT)
  hold()
  await lost
})

describe('a store that fails', () => {
  test(proves('sequences:unavailable', 'before it is decided, and before it runs'), async () => {
    const alice = await open()
    for (const instead of [{ read: DOWN }, { reserve: DOWN }, { read: async () => ({ spent: [], uses: [] }) }]) {
      state.instead = instead
      const answer = await pay(alice, 100)
      expect(['state.unavailable', DENIED], Object.keys(instead)[0]).toContain(codeOf(answer))
    }
    expect(bank.ran).toEqual([])
    state.instead = {}
    await spendsUp(alice, LIMIT)
  })

  test(proves('sequences:unavailable', 'after it ran'), async () => {
    const alice = await open()
    state.instead = { settle: DOWN }
    const answer = await pay(alice, 600_000)
    expect(answer.body.result?.structuredContent, 'what is not kept is not told').toBeUndefined()
    expect(bank.ran).toHaveLength(1)
    state.instead = {}
    await spendsUp(alice, 400_000)
  })

  test(proves('sequences:unavailable', 'while it gives back'), async () => {
    const alice = await open()
    const txnToken = await alice.txnToken('transfer', transfer(200_000))
    const meet = createMeeting(2)
    state.instead = {
      release: DOWN,
      // Both have a token that nobody used yet.
      reserve: async (reservation) => {
        await meet()
        return state.state().spending.reserve(reservation)
      },
    }
    const codes = await Promise.all([1, 2].map(() => payCode(alice, 200_000, { txnToken })))
    expect(codes.sort(), 'told as what it is').toEqual(['invocation.txn-token-replayed', 'ok'])
    expect(bank.ran).toHaveLength(1)
    state.instead = {}
    await spendsUp(alice, 600_000)
    bank.advance(31_000)
    expect(await state.state().spending.unresolved(), 'an operator can give it back').toHaveLength(1)
  })
})

test(proves('sequences:free'), async () => {
  const alice = await open()
  expect(codeOf(await alice.call('look', {}))).toBe('ok')
  expect(codeOf(await alice.call('sendMail', { to: 'a@b.example', text: 'hi' }))).toBe('ok')
  await alice.list()
  expect(state.asked).toEqual([])
})

describe('decided again', () => {
  test(proves('sequences:again', 'and permitted'), async () => {
    const alice = await open()
    let late = 3
    state.instead = {
      reserve: async (reservation) => {
        if (late === 0) return state.state().spending.reserve(reservation)
        late -= 1
        return false
      },
    }
    expect(await payCode(alice, 600_000)).toBe('ok')
    expect(bank.ran).toHaveLength(1)
    expect(state.asked).toEqual([...Array(4).fill(['read', 'reserve']).flat(), 'settle'])
    state.instead = {}
    await spendsUp(alice, 400_000)
  })

  test(proves('sequences:again', 'and denied'), async () => {
    const alice = await open()
    const second = await bank.agent('alice', { actor: SECOND })
    let came = false
    state.instead = {
      reserve: async (reservation) => {
        if (!came) {
          came = true
          // Decided, and not yet reserved: the other agent's call comes in between.
          expect(await payCode(second, 900_000)).toBe('ok')
        }
        return state.state().spending.reserve(reservation)
      },
    }
    expect(await payCode(alice, 900_000)).toBe(DENIED)
    expect(bank.ran).toHaveLength(1)
    state.instead = {}
    await spendsUp(alice, 100_000)
  })

  test(proves('sequences:again', 'and not for ever'), async () => {
    const alice = await open()
    state.instead = { reserve: async () => false }
    const answer = await pay(alice, 100)
    expect([answer.status, codeOf(answer)]).toEqual([409, 'invocation.in-progress'])
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(bank.ran).toEqual([])
    state.instead = {}
    await spendsUp(alice, LIMIT)
  })
})

describe('a score', () => {
  const closeWith = async (score: AnomalyScore['score'], onFailure?: 'deny' | 'highest') => {
    const anomaly = { tools: ['closeAccount'], score: { score }, milliseconds: 50, onFailure }
    const alice = await open({ history: { ...HISTORY, anomaly } })
    const herself = await bank.agent('alice', { acr: 'mfa' })
    const known = await herself.call('closeAccount', { account: 'alice-1' })
    const answer = await alice.call('closeAccount', { account: 'alice-2' })
    const { length: ran } = bank.ran
    await bank.close()
    return { known: codeOf(known), code: codeOf(answer), status: answer.status, ran }
  }
  const fails: readonly (readonly [string, AnomalyScore['score']])[] = [
    [
      'throws',
      () => {
        throw new Error('CANARY')
      },
    ],
    ['rejects', () => Promise.reject(new Error('CANARY'))],
    ['hangs', () => new Promise(() => undefined)],
    ['is too high', () => 101],
    ['is negative', () => -1],
    ['is no whole number', () => 50.5],
    ['is no number', () => Number.NaN],
    ['is a text', () => '5' as never],
  ]

  test.each(fails)(proves('sequences:score', 'that %s'), async (_, score) => {
    expect(await closeWith(score), 'denied').toMatchObject({ code: 'policy.facts-unavailable', status: 503, ran: 0 })
    // As the highest it needs the person, who was there for the first.
    expect(await closeWith(score, 'highest')).toEqual({ known: 'ok', code: DENIED, status: 401, ran: 1 })
    bank = await openTreasury()
  })

  test(proves('sequences:score', 'that is one'), async () => {
    expect(await closeWith(() => 59)).toEqual({ known: 'ok', code: 'ok', status: 200, ran: 2 })
    expect(await closeWith(async () => 60)).toEqual({ known: 'ok', code: DENIED, status: 401, ran: 1 })
    bank = await openTreasury()
  })
})

describe('rules', () => {
  const sum = HISTORY.sums?.['paid-a-day']
  const withSum = (change: object) => ({ history: { ...HISTORY, sums: { 'paid-a-day': { ...sum, ...change } } } })
  const BAD: readonly (readonly [string, object])[] = [
    ['window', withSum({ window: '1 fortnight' })],
    ['window', withSum({ window: '367 days' })],
    ['window', withSum({ window: '0 hours' })],
    ['per', withSum({ per: 'everybody' })],
    ['currency', withSum({ currency: 'euro' })],
    ['tools', withSum({ tools: {} })],
    ['nowhere', withSum({ tools: { nowhere: { argument: 'amount' } } })],
    ['owner', withSum({ tools: { payInvoice: { attribute: 'owner' } } })],
    ['gone', withSum({ tools: { payInvoice: { attribute: 'gone' } } })],
    ['amount', withSum({ tools: { payInvoice: { attribute: 'amount', currency: { attribute: 'amount' } } } })],
    ['amount', withSum({ tools: { look: { attribute: 'amount' } } })],
    ['seenBy', withSum({ seenBy: [] })],
    ['Paid', { history: { sums: { Paid: sum } } }],
    ['nowhere', { history: { counts: { calls: { window: '1 hour', per: 'subject', tools: ['nowhere'] } } } }],
    ['nowhere', { history: { uses: ['nowhere'] } }],
    ['nowhere', { history: { anomaly: { tools: ['nowhere'] } } }],
    ['onFailure', { history: { anomaly: { tools: ['look'], onFailure: 'permit' } } }],
    ['score', { history: { anomaly: { tools: ['look'], score: {} } } }],
    ['remember', { history: { remember: 'long' } }],
    ['more', { history: { more: 1 } }],
  ]

  test(proves('sequences:rules'), async () => {
    for (const [named, change] of BAD) {
      const failed = await openTreasury(change).then(
        async (opened) => {
          await opened.close()
          return undefined
        },
        (error: unknown) => error,
      )
      expect(failed, named).toMatchObject({ code: 'configuration.invalid' })
      expect(String(failed)).toContain(named)
    }
    bank = await openTreasury()
  })
})
