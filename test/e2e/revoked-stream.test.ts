import type { GuardedClient } from '@lockstep/pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Clinic, openClinic } from '../fixtures/clinic/open-clinic.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { within } from '../long-runs.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

vi.setConfig({ testTimeout: within(60_000), hookTimeout: 120_000 })

let clinic: Clinic
let nora: HouseAgent
let follow: (pool: GuardedClient) => Promise<readonly unknown[]> = async () => []

beforeAll(async () => {
  clinic = await openClinic((pool) => follow(pool))
  nora = await clinic.agent('user:nora')
})
afterAll(() => clinic?.close())

/** Transactions of the guarded role that are open, each with a cursor in it. */
async function openTransactions(): Promise<number> {
  const { rows } = await clinic.admin.query(
    `select count(*)::int as n from pg_stat_activity where usename = 'clinic_reader' and xact_start is not null`,
  )
  return rows[0].n
}

function signal() {
  let give = () => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { give, given }
}

const VISITS = 'SELECT v.id, p.card FROM visits v JOIN patients p ON p.id = v.patient_id ORDER BY v.id'

test(proves('execution:stream:revoked', 'and the handler reads on'), async () => {
  const [first, goOn] = [signal(), signal()]
  const seen: unknown[] = []
  let failure: unknown
  follow = async (pool) => {
    try {
      for await (const row of pool.stream(VISITS, [], { batchSize: 1 })) {
        seen.push(row)
        first.give()
        await goOn.given
      }
    } catch (error) {
      failure = error
    }
    return seen
  }
  const answer = nora.call('follow', {})
  await first.given
  expect(await openTransactions()).toBe(1)
  await clinic.lockstep.revoke({ subject: { issuer: 'https://issuer.test', id: 'user:nora' } }, 'left')
  expect((await answer).body.error?.data?.code).toBe('gateway.token-revoked')
  goOn.give()
  await vi.waitFor(async () => {
    expect(failure).toMatchObject({ code: 'execution.no-call' })
    expect(await openTransactions()).toBe(0)
  }, PATIENT)
  expect(seen).toEqual([{ id: 1, card: '****1111' }])
})

test(proves('execution:stream:revoked', 'and the handler never comes back'), async () => {
  const first = signal()
  follow = async (pool) => {
    const batches = pool.stream(VISITS, [], { batchSize: 1 }).batches()
    await batches.next()
    first.give()
    return new Promise(() => undefined)
  }
  const sven = await clinic.agent('user:sven')
  const answer = sven.call('follow', {})
  await first.given
  expect(await openTransactions()).toBe(1)
  await clinic.lockstep.revoke({ permission: 'staff-query' }, 'under review')
  expect((await answer).body.error?.data?.code).toBe('invocation.revoked')
  await vi.waitFor(async () => expect(await openTransactions()).toBe(0), PATIENT)
})
