import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { revocableName, type SingleUse } from '@lockstep/core'
import { type PostgresStateOptions, postgresState } from '@lockstep/stores/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { proves } from '../../../test/requirements/index.ts'

const START = 1_800_000_000_000
const CHILD = join(import.meta.dirname, 'racer-child.mjs')
const REVOKED_CHILD = join(import.meta.dirname, 'revoked-child.mjs')
const unavailable = { code: 'state.unavailable' }

let server: TestPostgres
let folder = ''
let now = START
const children: ChildProcess[] = []
beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'lockstep-shared-'))
}, 240_000)
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const clock = () => now
const open = (auditFolder: string, options: Partial<PostgresStateOptions> = {}) =>
  postgresState({ pool: server.pool(), auditFolder, ...options }).open({ clock, base: folder })
const use = (id: string, change: Partial<SingleUse> = {}): SingleUse => ({
  space: 'dpop',
  id,
  issuedAt: now,
  expiresAt: now + 61_000,
  standing: [],
  ...change,
})

/** Starts a process over the same database; resolves when it is ready. `said` grows with what it says. */
async function startRacer(
  name: string,
  program = CHILD,
  ...more: string[]
): Promise<{ readonly child: ChildProcess; readonly said: () => string[] }> {
  const child = spawn(process.execPath, [program, server.connectionString, folder, name, String(START), ...more], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  let text = ''
  await new Promise<void>((done, failed) => {
    child.once('exit', () => failed(new Error('a racer ended')))
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.startsWith('ready\n')) done()
    })
  })
  return { child, said: () => text.split('\n') }
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((done) => setTimeout(done, 10))
}

const RACED = [
  proves('state:shared:processes'),
  proves('state:jobs:racers', 'of several processes'),
  proves('state:approvals:racers', 'of several processes'),
]
test(RACED.join(', '), async () => {
  const racers = await Promise.all(['one', 'two', 'three'].map((name) => startRacer(name)))
  const [killed, ...others] = racers
  const granting = await open('granting')
  for (let index = 0; index < 50; index += 1) {
    await granting.jobs.grant({
      ...{ id: `job ${index}`, digest: `digest of job ${index}`, issuer: 'as', subject: 'alice', actor: 'agent' },
      ...{ tool: 'pay', purpose: 'pay', call: 'call', trace: '0'.repeat(32) },
      ...{ grantedAt: START, expiresAt: START + 60_000, mostStarts: 5 },
    })
  }
  for (let index = 0; index < 50; index += 1) {
    const about = {
      id: `request ${index}`,
      binding: `binding ${index}`,
      chain: [],
      tool: 'pay',
      shown: [],
      asked: ['dept'],
    }
    const caller = { issuer: 'as', subject: 'alice', actor: 'agent' }
    const needed = [{ relation: 'coApproverFor', of: 'dept', count: 1 }]
    await granting.approvals.request(
      { ...about, ...caller, needed, requestedAt: START, expiresAt: START + 60_000 },
      { caller: 50, asked: 50, notify: false },
    )
  }
  for (const { child } of racers) child.stdin?.write('go\n')
  // Killed as soon as it got anything: what it was sure of is used, whatever became of the rest.
  await until(() => killed?.said().some((line) => line.startsWith('got ')) || killed?.said().includes('done') || false)
  killed?.child.kill('SIGKILL')
  await until(() => others.every(({ said }) => said().includes('done')))
  const got = racers.flatMap(({ said }) => said().filter((line) => /^got raced \d+$/.test(line)))
  expect(new Set(got).size, 'nobody got what another got').toBe(got.length)

  const ran = others.flatMap(({ said }) => said().filter((line) => line.startsWith('ran ')))
  expect(new Set(ran).size, 'nobody runs what another runs').toBe(ran.length)
  const jobs = await granting.jobs.open()
  expect(jobs.map(({ state, starts }) => `${state} ${starts}`)).toEqual(Array(50).fill('running 1'))
  const said = racers.flatMap((racer) => racer.said())
  const consented = said.filter((line) => line.startsWith('consented '))
  expect(new Set(consented).size, 'one person consents').toBe(consented.length)
  const ends = said.filter((line) => /^(used|denied|withdrawn) /.test(line))
  expect(new Set(ends.map((line) => line.split(' ')[2])).size, 'a request ends once').toBe(ends.length)
  expect(ends.length).toBeGreaterThan(0)
  for (const line of ends) {
    const [state = '', ...id] = line.split(' ')
    expect(await granting.approvals.get(id.join(' '))).toMatchObject({ state })
  }
  await granting.close()

  const state = await open('four')
  for (const line of got) {
    const id = line.slice(4)
    const space = Number(id.slice(6)) % 2 === 0 ? 'dpop' : 'txn'
    expect(await state.singleUse.consume(use(id, { space })), `${id} after the kill`).toBe('used')
  }
  await state.close()
}, 240_000)

test(proves('state:shared:revoked'), async () => {
  const alice = { subject: { issuer: 'https://login.example.com', id: 'alice' } }
  const state = await open('revoker')
  const { child, said } = await startRacer('revoked', REVOKED_CHILD, JSON.stringify(alice))
  await until(() => said().filter((line) => line === 'early consumed').length > 50)
  await state.revocations.revoke(revocableName(alice), START)
  child.stdin?.write('revoked\n')
  await until(() => said().includes('done'))
  const lines = said().filter((line) => /^(early|late) /.test(line))
  const first = lines.indexOf('early revoked')
  // While it was revoked, one or the other; what began after it was revoked, never.
  expect(lines.filter((line) => line.startsWith('late'))).toEqual(Array(99).fill('late revoked'))
  expect(lines.slice(first < 0 ? lines.length : first).filter((line) => line.endsWith('consumed'))).toEqual([])
  await state.close()
}, 240_000)

test(proves('state:shared:crash'), async () => {
  const own = { schema: 'crash' }
  const [here, there] = [await open('five', own), await open('six', own)]
  const past = use('past')
  const ahead = use('dated ahead', { issuedAt: START + 60_000, expiresAt: START + 121_000 })
  const txn = use('txn', { space: 'txn' })
  for (const one of [past, ahead, txn]) expect(await here.singleUse.consume(one)).toBe('consumed')
  expect(await there.singleUse.consume(past)).toBe('used')

  await server.crash()
  for (const state of [here, there])
    await expect(state.singleUse.consume(use('down'))).rejects.toMatchObject(unavailable)
  await server.start()
  // The unlogged table is empty. Nothing that was accepted before is accepted again, and for a moment nothing at all.
  for (const one of [past, ahead, use('fresh'), past, ahead, past]) {
    await expect(here.singleUse.consume(one)).rejects.toMatchObject(unavailable)
  }
  const after = await open('seven', own)
  for (const state of [there, after]) await expect(state.singleUse.consume(ahead)).rejects.toMatchObject(unavailable)
  expect(await after.singleUse.consume(txn), 'the logged table has it').toBe('used')
  now = START + 65_000
  expect(await there.singleUse.consume(ahead), 'it was issued before the birth').toBe('used')
  expect(await after.singleUse.consume(ahead)).toBe('used')
  expect(await here.singleUse.consume(use('fresh'))).toBe('consumed')
  expect(await after.singleUse.consume(use('fresh'))).toBe('used')
  for (const state of [here, there, after]) await state.close()
  now = START
}, 240_000)

test(proves('state:shared:restart'), async () => {
  const own = { schema: 'restart' }
  const first = await open('eight', own)
  for (const space of ['dpop', 'txn'] as const) {
    expect(await first.singleUse.consume(use('kept', { space }))).toBe('consumed')
  }
  await first.history.raise({ issuer: 'i', subject: 's', actor: 'a' }, ['bank'], now + 1000)
  const keys = await Promise.all([first.keep('txn-token-key', () => 'one'), first.keep('nonce-key', () => 'nonce')])
  await first.close()
  now += 1_000_000 // a clock that ran ahead, for long enough that what expired is cleared away, and is set back
  const second = await open('eight', own)
  expect(await second.singleUse.consume(use('later'))).toBe('consumed')
  now = START
  for (const space of ['dpop', 'txn'] as const) {
    expect(await second.singleUse.consume(use('kept', { space }))).toBe('used')
  }
  expect(await second.history.labels({ issuer: 'i', subject: 's', actor: 'a' })).toEqual(['bank'])
  const names = ['txn-token-key', 'nonce-key']
  expect(await Promise.all(names.map((name) => second.keep(name, () => 'another'))), proves('state:kept:same')).toEqual(
    keys,
  )
  const third = await open('nine', own)
  const made = await Promise.all([second, third].map((state, index) => state.keep('raced-key', () => `${index}`)))
  expect(new Set(made).size, 'of two that make a key one wins').toBe(1)
  await expect(third.keep('../outside', () => 'x')).rejects.toThrow(TypeError)
  for (const state of [second, third]) await state.close()
}, 240_000)

test(proves('state:shared:calls'), async () => {
  const own = { schema: 'calls' }
  const [here, there] = [await open('ten', own), await open('eleven', own)]
  const entry = { digest: 'digest', call: 'call', expiresAt: now + 86_400_000 }
  await here.idempotency.reserve('key', entry)
  expect(await there.idempotency.reserve('key', entry), 'it runs elsewhere').toMatchObject({ state: 'reserved' })
  expect(await there.idempotency.unresolved()).toEqual([])
  now += 1_800_000
  expect(await there.idempotency.unresolved(), 'nobody runs that long').toEqual([
    { key: 'key', call: 'call', at: START },
  ])
  expect(await there.idempotency.reserve('key', entry)).toMatchObject({ state: 'unknown' })
  await expect(here.idempotency.commit('key', '1')).rejects.toMatchObject(unavailable)
  expect(await there.idempotency.resolve('key', 'did-not-happen')).toBe(true)
  for (const state of [here, there]) await state.close()
  now = START
})
