import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { codeOf, openTreasury, SECOND, type Treasury } from '../fixtures/treasury/open-treasury.ts'
import { createMeeting, createWatchedState } from '../fixtures/treasury/watched-state.ts'
import { proves } from '../requirements/index.ts'

const HOUR = 3_600_000
const DENIED = 'invocation.denied'
/** No argument would help, so the tool is not there any more. */
const GONE = ['discovery.tool-unknown', 200] as const

let bank: Treasury
beforeEach(async () => {
  bank = await openTreasury()
})
afterEach(() => bank.close())

const pay = (agent: HouseAgent, amount: unknown, account = 'alice-1', beside?: { idempotencyKey?: string }) =>
  agent.call('transfer', { account, payment: { amount: amount as number, currency: 'EUR' } }, beside)
const invoice = (agent: HouseAgent, id: string) => agent.call('payInvoice', { invoice: id })
const paid = () => bank.ran.filter(({ tool }) => tool === 'transfer' || tool === 'payInvoice').length

/** Expects a refusal with this code: nothing ran, and it is recorded. */
async function refused(send: () => Promise<WireAnswer>, code = DENIED, status = 403): Promise<WireAnswer> {
  const before = bank.ran.length
  const answer = await send()
  expect({ code: codeOf(answer), status: answer.status }).toEqual({ code, status })
  expect(bank.ran, 'it had no effect').toHaveLength(before)
  const recorded = bank.recorded(answer.trace).filter(({ outcome }) => outcome === 'denied')
  expect(recorded.map((event) => event.code)).toEqual([code])
  return answer
}
/** Expects that the person is asked for, and that nothing ran. */
async function asksForThePerson(send: () => Promise<WireAnswer>, maxAge?: number): Promise<void> {
  const { headers } = await refused(send, DENIED, 401)
  const challenge = headers.get('www-authenticate')
  expect(challenge).toMatch(/error="insufficient_user_authentication"/)
  if (maxAge === undefined) expect(challenge).toContain('acr_values="mfa"')
  else expect(challenge).toContain(`max_age="${maxAge}"`)
}
async function permitted(answer: Promise<WireAnswer>, says?: string): Promise<void> {
  expect(codeOf(await answer), says).toBe('ok')
}

describe('exfiltration', () => {
  test(proves('sequences:exfiltration'), async () => {
    const alice = await bank.agent('alice')
    await permitted(alice.call('listCustomers', {}))
    await permitted(alice.call('sendMail', { to: 'a@b.example', text: 'two rows' }), 'what it read may leave')
    await permitted(alice.call('listCustomers', { all: true }))
    await refused(() => alice.call('sendMail', { to: 'a@b.example', text: 'C-2' }), ...GONE)
    const again = await bank.agent('alice')
    await refused(() => again.call('sendMail', { to: 'a@b.example', text: 'C-2' }), ...GONE)
    await permitted((await bank.agent('bob')).call('sendMail', { to: 'a@b.example', text: 'nothing' }))
  })

  test(proves('sequences:exfiltration', 'read and sent at once'), async () => {
    const alice = await bank.agent('alice')
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let reached = () => {}
    const ran = new Promise<void>((resolve) => {
      reached = resolve
    })
    bank.hold = async (tool) => {
      if (tool !== 'listCustomers') return
      reached()
      await held
    }
    const read = alice.call('listCustomers', { all: true })
    await ran
    // Nothing was released yet, so there is nothing to send; what is released is labeled before it is.
    await permitted(alice.call('sendMail', { to: 'a@b.example', text: 'nothing yet' }))
    release()
    expect((await read).text).toContain('C-2')
    await refused(() => alice.call('sendMail', { to: 'a@b.example', text: 'C-2' }), ...GONE)
  })
})

describe('structuring', () => {
  test(proves('sequences:structuring', 'T188: exactly the limit, and one cent more'), async () => {
    const alice = await bank.agent('alice')
    await refused(() => pay(alice, 1_000_001))
    await refused(() => pay(alice, 999_999.999999), 'invocation.arguments-invalid', 200)
    await refused(() => pay(alice, 1_000_000.000001), 'invocation.arguments-invalid', 200)
    await permitted(pay(alice, 1_000_000), 'the limit itself is permitted')
    await refused(() => pay(alice, 1))
    await permitted(pay(alice, 0), 'and nothing more than it')
    const bob = await bank.agent('bob')
    await permitted(pay(bob, 999_999, 'bob-1'), 'the limit is of one person')
    await refused(() => pay(bob, 2, 'bob-1'))
    await permitted(pay(bob, 1, 'bob-1'), 'what was refused counts for nothing')
  })

  test(proves('sequences:structuring', 'over time'), async () => {
    const alice = await bank.agent('alice')
    for (let day = 0; day < 10; day += 1) await permitted(pay(alice, 100_000))
    await refused(() => pay(alice, 100_000))
    bank.advance(23 * HOUR)
    const later = await bank.agent('alice')
    await refused(() => pay(later, 1))
    bank.advance(HOUR + 60_000)
    await permitted(pay(await bank.agent('alice'), 1_000_000), 'a day after')
  })

  test(proves('sequences:structuring', 'T193: over two agents, and over tools, of one person'), async () => {
    const [first, second] = [await bank.agent('alice'), await bank.agent('alice', { actor: SECOND })]
    await permitted(pay(first, 400_000))
    await permitted(invoice(second, 'alice-400000'))
    await refused(() => pay(second, 200_001))
    await refused(() => invoice(first, 'alice-200001'))
    await permitted(pay(second, 200_000))
    await refused(() => pay(first, 1))
  })

  test(proves('sequences:structuring', 'T194: at once'), async () => {
    await bank.close()
    const state = createWatchedState()
    bank = await openTreasury({ state })
    const [first, second] = [await bank.agent('alice'), await bank.agent('alice', { actor: SECOND })]
    await permitted(pay(first, 500_000))
    const meet = createMeeting(10)
    state.instead = {
      // Each of the ten has read the sum before any of them adds to it.
      read: async (question) => {
        const answer = await state.state().spending.read(question)
        await meet()
        return answer
      },
    }
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => pay(index % 2 ? first : second, 100_000)),
    )
    expect(answers.map(codeOf).sort()).toEqual([...Array(5).fill(DENIED), ...Array(5).fill('ok')])
    expect(paid(), 'and no more ran').toBe(6)
    await refused(() => pay(first, 1))
  })

  test(proves('sequences:structuring', 'T194: at once, by two instances that share their state'), async () => {
    await bank.close()
    const state = createWatchedState()
    const other = await openTreasury({ state })
    bank = await openTreasury({ state })
    const [here, there] = [await bank.agent('alice'), await other.agent('alice', { actor: SECOND })]
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => pay(index % 2 ? here : there, 100_000)))
    const codes = answers.map(codeOf)
    expect(
      codes.filter((code) => code === 'ok').length + codes.filter((code) => code === 'invocation.in-progress').length,
    ).toBeGreaterThanOrEqual(10)
    expect(codes.filter((code) => code === 'ok').length).toBeLessThanOrEqual(10)
    expect(bank.ran.length + other.ran.length, 'what ran is what was permitted').toBe(
      codes.filter((code) => code === 'ok').length,
    )
    await other.close()
  })

  test(proves('sequences:structuring', 'by number'), async () => {
    const alice = await bank.agent('alice')
    const answers = await Promise.all(Array.from({ length: 24 }, () => pay(alice, 1)))
    expect(answers.map(codeOf).filter((code) => code === 'ok')).toHaveLength(20)
    expect(paid()).toBe(20)
  })
})

describe('amounts', () => {
  const BAD = [-1, '5', null, [], [5], { valueOf: 5 }, true, 1.5, -0.5]

  test(proves('sequences:amounts', 'T187: what is no whole number of minor units'), async () => {
    const alice = await bank.agent('alice')
    for (const bad of BAD) await refused(() => pay(alice, bad), 'invocation.arguments-invalid', 200)
    for (const large of [2 ** 53, 1e300]) await refused(() => pay(alice, large), 'invocation.arguments-unsafe', 400)
    for (const text of ['NaN', 'Infinity']) {
      const body = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"transfer","arguments":{"account":"alice-1","payment":{"amount":${text},"currency":"EUR"}}}}`
      await alice.post(body).then(({ status }) => expect(status).toBe(400))
    }
    expect(bank.ran).toEqual([])
    await permitted(pay(alice, 1_000_000), 'and nothing was counted')
  })

  test(proves('sequences:amounts', 'T190: another member, another currency'), async () => {
    const alice = await bank.agent('alice')
    const send = (payment: object, more: object = {}) =>
      alice.call('transfer', { account: 'alice-1', payment, ...more } as never)
    const bad = [
      () => send({ amountMinor: 5, currency: 'EUR' }),
      () => send({ amount: 5, currency: 'USD' }),
      () => send({ amount: 5, currency: 'eur' }),
      () => send({ amount: 5 }),
      () => send({ amount: 'EUR', currency: 'EUR' }),
    ]
    for (const one of bad) await refused(one, 'invocation.arguments-invalid', 200)
    await refused(() => invoice(alice, 'alice-5-USD'))
    await refused(() => invoice(alice, 'alice-debt'))
    expect(codeOf(await invoice(alice, 'alice-1.5')), 'no source may say half a cent').toBe('policy.facts-invalid')
    expect(bank.ran).toEqual([])
  })

  test(proves('sequences:amounts', 'T191: in a list, beside another, twice'), async () => {
    const alice = await bank.agent('alice')
    const send = (payment: unknown, more: object = {}) =>
      alice.call('transfer', { account: 'alice-1', payment, ...more } as never)
    await refused(() => send([{ amount: 5, currency: 'EUR' }]), 'invocation.arguments-invalid', 200)
    await refused(() => send({ amount: [5], currency: 'EUR' }), 'invocation.arguments-invalid', 200)
    await refused(() => send({ amount: 5, currency: 'EUR' }, { amount: 500 }), 'invocation.arguments-invalid', 200)
    const body = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"transfer","arguments":{"account":"alice-1","payment":{"amount":5,"amount":900,"currency":"EUR"}}}}`
    const twice = await alice.post(body)
    expect([twice.status, twice.body.error?.data?.code]).toEqual([400, 'gateway.body-duplicate-member'])
    expect(bank.ran).toEqual([])
  })
})

describe('confused deputy', () => {
  test(proves('sequences:confused-deputy'), async () => {
    const alice = await bank.agent('alice')
    await permitted(invoice(alice, 'alice-100'), 'before it read anything')
    await permitted(alice.call('readMail', {}))
    await permitted(invoice(alice, 'alice-100'), 'it goes on with what it dealt with before')
    await asksForThePerson(() => pay(alice, 100, 'alice-9'))
    await refused(() => pay(alice, 100, 'bob-1'))
    const herself = await bank.agent('alice', { acr: 'mfa' })
    await permitted(pay(herself, 100, 'alice-9'), 'with the person at the keyboard')
    await refused(() => pay(herself, 100, 'bob-1'))
    await permitted(pay(alice, 100, 'alice-9'), 'then it is known')
  })
})

describe('irreversible', () => {
  const closing = (agent: HouseAgent, account: string) => agent.call('closeAccount', { account })

  test(proves('sequences:irreversible', 'a tool that was never used needs the person'), async () => {
    const alice = await bank.agent('alice')
    await asksForThePerson(() => closing(alice, 'alice-1'))
    const anHourAgo = await bank.agent('alice', {
      acr: 'mfa',
      claims: { auth_time: Math.floor(bank.clock() / 1000) - 3600 },
    })
    await asksForThePerson(() => closing(anHourAgo, 'alice-1'), 300)
    const herself = await bank.agent('alice', { acr: 'mfa' })
    await permitted(closing(herself, 'alice-1'))
    await permitted(closing(alice, 'alice-2'), 'known, in a known hour')
    const other = await bank.agent('alice', { actor: SECOND })
    await asksForThePerson(() => closing(other, 'alice-3'))
    await permitted(closing(herself, 'alice-3'))
    await refused(() => closing(herself, 'alice-4'))
  })

  test(proves('sequences:irreversible', 'after reading a lot'), async () => {
    const herself = await bank.agent('alice', { acr: 'mfa' })
    await permitted(closing(herself, 'alice-1'))
    const alice = await bank.agent('alice')
    for (let reads = 0; reads < 4; reads += 1) await permitted(alice.call('listCustomers', {}))
    await permitted(closing(alice, 'alice-2'))
    await permitted(alice.call('listCustomers', {}))
    await asksForThePerson(() => closing(alice, 'alice-3'))
    bank.advance(11 * 60_000)
    await permitted(closing(await bank.agent('alice'), 'alice-3'), 'ten minutes later')
  })
})
