import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Clinic, openClinic } from '../fixtures/clinic/open-clinic.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'

vi.setConfig({ testTimeout: within(60_000), hookTimeout: 120_000 })

let clinic: Clinic
let nora: HouseAgent
let sven: HouseAgent

beforeAll(async () => {
  clinic = await openClinic()
  nora = await clinic.agent('user:nora')
  sven = await clinic.agent('user:sven')
})
afterAll(() => clinic?.close())

const ask = (sql: string, agent = nora): Promise<WireAnswer> => agent.call('query', { sql })

async function rowsOf(sql: string, agent = nora): Promise<unknown> {
  const { body, text } = await ask(sql, agent)
  if (agent === nora) expect(text).not.toContain('CANARY')
  expect(body.error, text).toBeUndefined()
  return body.result?.structuredContent?.rows
}

const hashed = (email: string) =>
  createHmac('sha256', 'a key that is long enough for a mask')
    .update(`Patient.email\n${email}`)
    .digest('hex')
    .slice(0, 32)

test(proves('execution:mapping:served', 'masks of every kind'), async () => {
  expect(
    await rowsOf('SELECT id, name, card, email, born, income, phone, diagnosis FROM patients ORDER BY id'),
  ).toEqual([
    {
      ...{ id: 1, name: 'somebody', card: '****1111', email: hashed('ada@x'), born: '1961' },
      ...{ income: '[30000,40000)', phone: '+41', diagnosis: null },
    },
    {
      ...{ id: 2, name: 'somebody', card: '****2222', email: hashed('bea@x'), born: '1985' },
      ...{ income: '[10000,20000)', phone: '+49', diagnosis: null },
    },
  ])
})

test.each([
  ["SELECT id FROM patients WHERE email = 'ada@x'"],
  ['SELECT id FROM patients ORDER BY income'],
  ['SELECT a.id FROM patients a JOIN patients b USING (born)'],
  ['SELECT a.id FROM patients a NATURAL JOIN patients b'],
  ['SELECT name FROM patients UNION SELECT card FROM patients'],
])(proves('execution:mapping:served', 'a mask is nothing to compute with: %s'), async (sql) => {
  const before = clinic.told.length
  expect((await ask(sql)).body).toMatchObject({ result: { isError: true } })
  expect(clinic.told.slice(before)).toEqual(['execution.masked-expression'])
})

test(proves('execution:mapping:served', 'cells of members, and hidden columns as NULL'), async () => {
  expect(await rowsOf('SELECT id, weight, weight * 2 AS twice, secret FROM patients ORDER BY id')).toEqual([
    { id: 1, weight: '60.5', twice: '121.0', secret: null },
    { id: 2, weight: null, twice: null, secret: null },
  ])
  expect(await rowsOf('SELECT id FROM patients WHERE weight > 0 OR secret IS NOT NULL')).toEqual([{ id: 1 }])
  expect(await rowsOf('SELECT p.* FROM patients p WHERE p.id = 2')).toEqual([
    expect.not.objectContaining({ secret: null }),
  ])
  await clinic.admin.query("INSERT INTO clinic.nurses VALUES (2, 'user:nora')")
  expect(await rowsOf('SELECT weight FROM patients WHERE id = 2'), 'who is a member now').toEqual([{ weight: '71.0' }])
  await clinic.admin.query("DELETE FROM clinic.nurses WHERE patient_id = 2 AND nurse = 'user:nora'")
})

test(proves('execution:mapping:served', 'a reference through two tables'), async () => {
  expect(await rowsOf('SELECT count(*)::int AS n, sum(cost) AS cost FROM visits')).toEqual([{ n: 3, cost: '250.00' }])
  expect(await rowsOf('SELECT id FROM visits', sven)).toEqual([{ id: 4 }])
})

test(proves('execution:mapping:served', 'functions, operators and types'), async () => {
  expect(await rowsOf("SELECT id, urgency, id <-> 10 AS far FROM patients WHERE urgency = 'high'::urgency")).toEqual([
    { id: 2, urgency: 'high', far: 8 },
  ])
  expect(await rowsOf('SELECT decade(day) AS d, count(*)::int AS n FROM visits GROUP BY 1')).toEqual([
    { d: 2020, n: 3 },
  ])
  expect((await ask('SELECT distance(id, 2) FROM visits')).body).toMatchObject({ result: { isError: true } })
})

test(proves('execution:mapping:served', 'a view and a function'), async () => {
  expect(await rowsOf('SELECT id, cost FROM costs WHERE rate < 0 ORDER BY 1')).toEqual([
    { id: 1, cost: '80.00' },
    { id: 2, cost: '120.00' },
    { id: 3, cost: '50.00' },
  ])
  expect(
    await rowsOf(
      "SELECT v.id, p.card FROM visits_since('2026-02-01') v JOIN patients p ON p.id = v.patient_id ORDER BY 1",
    ),
  ).toEqual([
    { id: 2, card: '****1111' },
    { id: 3, card: '****2222' },
  ])
  expect(await rowsOf("SELECT id FROM visits_since('2000-01-01')", sven)).toEqual([{ id: 4 }])
})
