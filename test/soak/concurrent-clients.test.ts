import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuditLog, verifyAuditLog } from '@lockstep/audit'
import { createCheckpointKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'
import { type ClientLane, openLane } from './client-lane.ts'
import { type PairedAudit, pairAudit } from './paired-audit.ts'

const SECONDS = 60
/** What is filled once (caches, compiled code) is filled by then. */
const WARM_UP_SECONDS = 15
const LANES_EACH = 3
const PEOPLE = ['alice', 'bob', 'carol', 'dave'] as const
const MOST_GROWTH_MB = 48

type Person = (typeof PEOPLE)[number]
interface Row {
  readonly id: string
}

/** Ids of the expenses that a person may see, from the unguarded data: their own, and their department's for finance. */
async function visibleTo(house: ExpenseHouse, person: Person): Promise<ReadonlySet<string>> {
  const { rows } = await house.data.pglite.query<Row>(
    `select x.id from expenses x join employees me on me.id = $1
     where x.employee_id = me.id or ($2 and x.dept_id = me.department_id)`,
    [`user:${person}`, person !== 'dave'],
  )
  return new Set(rows.map(({ id }) => id))
}

/** One of the questions that everybody asks, hostile ones among them; which of them depends on the number alone. */
function question(number: number, foreign: string): readonly [tool: string, args: Record<string, unknown>] {
  const queries = [
    'select id, dept_id, iban from expenses order by id limit 60',
    `select id from expenses where id = '${foreign}' or true`,
    'with mine as (select id, amount from expenses) select id from mine order by amount desc limit 40',
    'select id from expenses union all select id from expenses limit 80',
    'select relname as id from pg_catalog.pg_class',
    'select e.id from expenses e join employees p on p.id = e.employee_id order by e.id limit 50',
  ]
  const sql = queries[number % queries.length] ?? ''
  return [
    ['listExpenses', { limit: 1 + (number % 90) }],
    ['queryExpenses', { sql }],
    ['getExpense', { id: foreign }],
    ['queryExpenses', { sql }],
  ][number % 4] as [string, Record<string, unknown>]
}

function idsIn(content: Record<string, unknown>): readonly string[] {
  return [content.expenses, content.rows, [content.expense]]
    .flatMap((part) => (Array.isArray(part) ? part : []))
    .flatMap((row: Row | undefined) => (row ? [row.id] : []))
}

/** An answer is good when its records were there before it: admission, then a refusal, or the intent and the outcome. */
const PAIRS = [
  /^gateway permitted,invocation denied$/,
  /^gateway permitted,invocation permitted,.*response (completed|failed)$/,
]

test(proves('edge:soak'), async () => {
  const base = await mkdtemp(join(tmpdir(), 'lockstep-soak-'))
  const key = await createCheckpointKey()
  const folder = join(base, 'log')
  const log = await openAuditLog({ folder, origin: 'soak/audit', key, clock: Date.now })
  const audit: PairedAudit = pairAudit(log)
  const house = await openExpenseHouse({ configuration: { state: join(base, 'state'), audit } })
  const count = { lists: 0, permitted: 0, refused: 0, rows: 0, approved: 0 }
  const heap: number[] = []
  let failed = false
  const lanes: ClientLane[] = []
  const until = Date.now() + SECONDS * 1000
  const warm = Date.now() + WARM_UP_SECONDS * 1000
  const everyone = new Map(
    await Promise.all(PEOPLE.map(async (person) => [person, await visibleTo(house, person)] as const)),
  )

  const approve = async (lane: ClientLane, agent: HouseAgent) => {
    const { id } = await house.invoice()
    const args = { invoiceId: id }
    const txnToken = await agent.txnToken('approveExpense', args)
    const once = await lane.call('approveExpense', args, { 'txn-token': txnToken })
    const twice = await lane.call('approveExpense', args, { 'txn-token': txnToken })
    expect(once.outcome).toEqual({ ok: true, content: { invoiceId: id, status: 'approved' } })
    expect(twice.outcome).toMatchObject({ ok: false })
    count.approved += 1
    return [...once.traces, ...twice.traces]
  }
  const work = async (person: Person, lane: ClientLane, agent: HouseAgent, foreign: string, first: number) => {
    const mine = everyone.get(person) ?? new Set()
    for (let number = first; !failed && Date.now() < until; number += 1) {
      if (number % 11 === 0) {
        const { names } = await lane.list()
        expect(names.includes('queryExpenses'), `${person}: ${names}`).toBe(person !== 'dave')
        expect(names.includes('approveExpense')).toBe(person === 'alice')
        count.lists += 1
        continue
      }
      if (person === 'alice' && number % 97 === 0) {
        for (const trace of await approve(lane, agent)) checkPair(trace)
        continue
      }
      const [tool, args] = question(number, foreign)
      const { outcome, traces } = await lane.call(tool, args)
      for (const trace of traces) checkPair(trace)
      count[outcome.ok ? 'permitted' : 'refused'] += 1
      if (!outcome.ok) continue
      const ids = idsIn(outcome.content)
      count.rows += ids.length
      expect(
        ids.filter((id) => !mine.has(id)),
        `${person} ${JSON.stringify(args)}`,
      ).toEqual([])
    }
  }
  const checkPair = (trace: string) => {
    const lines = audit.close(trace).join()
    expect(
      PAIRS.some((pair) => pair.test(lines)),
      lines,
    ).toBe(true)
  }

  try {
    const started: Promise<void>[] = []
    for (const [index, person] of PEOPLE.entries()) {
      const stranger = PEOPLE[(index + 2) % PEOPLE.length] ?? 'carol'
      const mine = everyone.get(person)
      const foreign = [...(everyone.get(stranger) ?? [])].find((id) => !mine?.has(id)) ?? 'INV-0'
      for (let lane = 0; lane < LANES_EACH; lane += 1) {
        const agent = await house.agent(person)
        const client = await openLane(lane % 2 === 0 ? '2.x' : '1.x', house.resource, agent.fetch)
        lanes.push(client)
        const worked = work(person, client, agent, foreign, index * 7 + lane * 13)
        started.push(worked.finally(() => (failed ||= Date.now() < until)))
      }
    }
    const watch = setInterval(() => Date.now() > warm && heap.push(heapAfterCollection()), 5000)
    await Promise.all(started).finally(() => clearInterval(watch))
    heap.push(heapAfterCollection())

    const [before = 0, after = 0] = [heap[0], heap.at(-1)]
    const growth = (after - before) / 2 ** 20
    console.info(`soak: ${SECONDS} s, ${lanes.length} clients, ${JSON.stringify(count)}, ${log.size} records`)
    console.info(
      `heap: ${heap.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ')} MB, grew by ${growth.toFixed(1)} MB`,
    )
    expect(growth).toBeLessThan(MOST_GROWTH_MB)
    expect(Math.min(count.lists, count.permitted, count.refused, count.rows), 'something happened').toBeGreaterThan(50)
    expect(count.approved).toBeGreaterThan(0)
  } finally {
    await Promise.all(lanes.map((lane) => lane.close().catch(() => undefined)))
    await house.close()
    await log.close()
  }
  expect(await verifyAuditLog(folder, [key.publicJwk()])).toMatchObject({ valid: true, unsigned: 0 })
  await rm(base, { recursive: true, force: true })
}, 300_000)

/** Nightly runs have `--expose-gc`. */
function heapAfterCollection(): number {
  if (!globalThis.gc) throw new Error('the soak needs --expose-gc')
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
