import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTrace } from '@lockstep/audit'
import { postgresState } from '@lockstep/stores/postgres'
import { createTestIssuer } from '@lockstep/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listenOnLoopback } from '../../examples/expense-approval/authorization-server/listen-on-loopback.ts'
import { lockstep } from '../../packages/lockstep/test/run-lockstep.ts'
import { startPostgres, type TestPostgres } from '../differential/postgres.ts'
import { createHouseAgent } from '../fixtures/expense/house-agent.ts'
import { startOrderServer } from '../fixtures/orders/start-order-server.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const CONFIGURATION = join(import.meta.dirname, '../fixtures/orders/order-configuration.mjs')
const stops: (() => unknown)[] = []
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

let folder = ''
let database: TestPostgres
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-orders-'))
  stops.push(() => rm(folder, { recursive: true, force: true }))
  database = await startPostgres()
  stops.push(() => database.stop())
})

const linesOf = (said: string, name: string) =>
  [...said.matchAll(new RegExp(`^ +${name} {2,}(.*)$`, 'gm'))].map(([, found = '']) => found)

/** One command of an operator, while servers run over the state that the configuration names. */
async function operate(name: string, ...args: readonly string[]): Promise<string> {
  const [command = '', config = ''] = [name, join(folder, 'lockstep.config.mjs')]
  const done = await lockstep([...command.split(' '), '--config', config, ...args])
  expect([name, done.complained, done.code]).toEqual([name, '', 0])
  return done.said
}

const writeConfiguration = (options: object) =>
  writeFile(
    join(folder, 'lockstep.config.mjs'),
    `import { orderConfiguration } from ${JSON.stringify(CONFIGURATION)}
     export default orderConfiguration(${JSON.stringify({ ...options, name: 'server' })})`,
  )

test(proves('jobs:killed'), async () => {
  const { origin, close } = await listenOnLoopback(0)
  await close()
  const issuer = await createTestIssuer({ audience: `${origin}/mcp` })
  const { connectionString } = database
  const options = { folder, port: Number(new URL(origin).port), issuer: issuer.issuer, connectionString }
  const agent = createHouseAgent(
    { origin, resource: `${origin}/mcp`, clock: Date.now },
    await issuer.agent({ subject: 'user:alice', actor: 'spiffe://test/agent' }),
  )
  const server = await startOrderServer({ ...options, name: 'server', listens: true }, stops)
  const killed = await startOrderServer({ ...options, name: 'killed', hangs: true }, stops)
  const payments = () => readFileSync(join(folder, 'payments'), 'utf8').trim().split('\n')
  let orders = 0
  const order = async (id: string, amount: number) => {
    const { status } = await agent.call('order', { id, amount })
    expect([id, status]).toEqual([id, 200])
    orders += 1
    return (await server.said('granted', orders))[orders - 1] ?? ''
  }
  await writeConfiguration(options)

  // One is done. One is about to pay, and another has paid, when their worker is killed. Nobody has begun the last.
  const grants = { done: '', before: '', after: '', waits: '' }
  for (const id of ['done', 'before', 'after', 'waits'] as const) grants[id] = await order(id, 1_000)
  expect(await killed.work(grants.done)).toBe('paid')
  for (const id of ['before', 'after'] as const) {
    void killed.work(grants[id])
    await killed.said(id)
  }
  await killed.kill()
  expect(payments()).toEqual(['done', 'after'])

  // While their lease lasts they may still be at it; after it nobody knows, and nobody takes them over.
  const worker = await startOrderServer({ ...options, name: 'worker' }, stops)
  await vi.waitFor(async () => {
    const said = await operate('jobs list')
    expect(linesOf(said, 'for')).toEqual(['pay for before', 'pay for after', 'pay for waits'])
    expect(linesOf(said, 'state').map((state) => state.split(',')[0])).toEqual(['unknown', 'unknown', 'waiting'])
  }, PATIENT)
  for (const id of ['before', 'after'] as const) {
    expect(await worker.work(grants[id])).toBe('invocation.outcome-unknown')
  }
  expect(await worker.work(grants.waits), 'what nobody began is not lost').toBe('paid')
  expect(payments()).toEqual(['done', 'after', 'waits'])

  // What they may have spent counts: 4000 of 10000.
  expect((await agent.call('order', { id: 'large', amount: 7_000 })).body.result?.isError).toBe(true)
  const unknown = await operate('calls list')
  expect(linesOf(unknown, 'job'), 'one word for each').toEqual(['pay for before', 'pay for after'])
  const [before = '', after = '', ...others] = linesOf(unknown, 'key')
  expect(others).toEqual([])
  const words = [
    await operate('calls resolve', '--did-not-happen', '--', before),
    await operate('calls resolve', '--happened', '--', after),
  ]
  expect(await operate('calls list')).toBe('no call has an unknown outcome\n')
  for (const [index, as] of ['did-not-happen', 'happened'].entries()) {
    const trace = /^recorded under trace (\w{32})$/m.exec(words[index] ?? '')?.[1] ?? ''
    const recorded = await readTrace(join(folder, 'server', 'operator', 'audit'), trace)
    expect(recorded.map(({ outcome, detail }) => [outcome, detail?.as])).toEqual([
      ['permitted', as],
      ['completed', as],
    ])
  }

  // What did not happen may happen now, and what it had reserved is there again.
  expect((await agent.call('order', { id: 'large', amount: 7_000 })).body.result?.isError).toBeFalsy()
  expect(await worker.work(grants.after)).toBe('invocation.call-closed')
  expect(await worker.work(grants.before)).toBe('paid')
  expect(await worker.work(grants.before), 'once').toBe('invocation.call-closed')
  expect((await agent.call('order', { id: 'large', amount: 7_000 })).body.result?.isError).toBe(true)
  expect(payments()).toEqual(['done', 'after', 'waits', 'before'])

  orders += 1
  const cancelled = await order('cancelled', 1_000)
  const listed = await operate('jobs list')
  expect(linesOf(listed, 'for')).toEqual(['pay for large', 'pay for cancelled'])
  await operate('jobs cancel', '--', linesOf(listed, 'job')[1] ?? '')
  expect(await worker.work(cancelled)).toBe('invocation.call-closed')
  expect(payments()).toHaveLength(4)
}, 240_000)

test(proves('state:approvals:operated', 'of a state that servers share, while they run'), async () => {
  const issuer = await createTestIssuer({ audience: 'http://127.0.0.1:1/mcp' })
  const { connectionString } = database
  await writeConfiguration({ folder, port: 1, issuer: issuer.issuer, connectionString })
  const state = await postgresState({ connectionString, auditFolder: 'observer' }).open({
    clock: Date.now,
    base: folder,
  })
  stops.push(() => state.close())
  const now = Date.now()
  const person = { issuer: 'https://as.example', subject: 'user:alice', actor: 'agent' }
  await state.approvals.request(
    {
      ...{ ...person, id: 'waits', binding: 'waits', chain: [], tool: 'pay', shown: [], asked: ['dept'] },
      ...{ needed: [{ relation: 'coApproverFor', of: 'dept', count: 1 }], requestedAt: now, expiresAt: now + 600_000 },
    },
    { caller: 9, asked: 9, notify: false },
  )
  expect(await operate('approvals list')).toContain('  request  waits\n  state    pending\n')
  const said = await operate('approvals withdraw', '--', 'waits')
  expect(said).toMatch(/^withdrawn: .*\nrecorded under trace \w{32}\n$/)
  const bob = { ...person, subject: 'user:bob', at: now, relations: ['coApproverFor'] }
  expect(await state.approvals.consent('waits', 0, bob, true), 'nobody can consent to it').toBeFalsy()
  expect(await state.approvals.get('waits')).toMatchObject({ state: 'withdrawn' })
}, 240_000)
