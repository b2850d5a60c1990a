import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresState } from '@lockstep/stores/postgres'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { PATIENT } from '../../../test/patient.ts'
import { proves } from '../../../test/requirements/index.ts'
import { spendingContract } from './spending.contract.ts'

const AT = 1_800_000_000_000
const CHILD = join(import.meta.dirname, 'spender-child.mjs')
const children: ChildProcess[] = []
let server: TestPostgres
let folder = ''
beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'lockstep-spenders-'))
}, 240_000)
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

let schemas = 0
spendingContract('postgres', async (clock) => {
  schemas += 1
  const own = { schema: `spending_${schemas}`, auditFolder: `contract-${schemas}` }
  const state = await postgresState({ pool: server.pool(), ...own }).open({ clock, base: folder })
  return { store: state.spending, close: () => state.close() }
})

async function startSpender(name: string): Promise<{ readonly child: ChildProcess; readonly said: () => string[] }> {
  const child = spawn(process.execPath, [CHILD, server.connectionString, folder, name, String(AT)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const said = () => text.split('\n')
  await vi.waitFor(() => expect(said()).toContain('ready'), PATIENT)
  return { child, said }
}

test(proves('state:spending:race', 'processes over one database, one of them killed'), async () => {
  const spenders = await Promise.all(['one', 'two', 'three'].map(startSpender))
  const [killed, ...others] = spenders
  for (const { child } of spenders) child.stdin?.write('go\n')
  await vi.waitFor(
    () => expect(killed?.said().some((line) => line.startsWith('got ')) || killed?.said().includes('done')).toBe(true),
    PATIENT,
  )
  killed?.child.kill('SIGKILL')
  await vi.waitFor(() => expect(others.every(({ said }) => said().includes('done'))).toBe(true), PATIENT)

  let now = AT
  const state = await postgresState({ pool: server.pool(), auditFolder: 'four' }).open({
    clock: () => now,
    base: folder,
  })
  const { spending } = state
  const sum = async () =>
    (await spending.read({ at: AT, counters: [{ counter: 'raced sum', window: 86_400_000 }] })).spent[0]?.amount
  expect(await sum(), 'all that may be, and no more').toBe(5000)
  // Whoever was told that it reserved is counted; the one that was killed may have reserved once more in each lane without being told.
  const got = spenders.flatMap(({ said }) =>
    said()
      .filter((line) => /^got \w+ \d+ \d+$/.test(line))
      .map((line) => line.slice(4)),
  )
  expect(new Set(got).size).toBe(got.length)
  expect(got.length).toBeLessThanOrEqual(50)
  expect(got.length).toBeGreaterThanOrEqual(50 - 8)

  // What the processes left open counts until somebody gives it back.
  expect(await spending.unresolved()).toEqual([])
  now = AT + 1000
  const open = await spending.unresolved()
  expect(open.length).toBeGreaterThan(0)
  for (const { call } of open) expect(await spending.resolve(call, 'did-not-happen')).toBe(true)
  expect(await sum()).toBe(5000 - 100 * open.length)
  await state.close()
}, 240_000)
