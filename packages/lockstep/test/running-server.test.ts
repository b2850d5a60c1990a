import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstep, newFolder } from './run-lockstep.ts'

let state: string
let server: ChildProcess

/** A process that holds the state folder, and writes its log without a pause. */
beforeAll(async () => {
  state = await newFolder()
  const script = `
    import { openAuditLog } from '@lockstep/audit'
    import { systemClock as clock } from '@lockstep/core'
    import { openStateFolder } from '@lockstep/stores/pglite'
    import { createCheckpointKey } from '@lockstep/tokens'
    const state = await openStateFolder({ folder: ${JSON.stringify(state)}, clock })
    await state.idempotency.reserve('running', { digest: 'digest', call: 'call', expiresAt: clock() + 60000 })
    const options = { origin: 'test/audit', key: await createCheckpointKey(), clock, recordsPerFile: 50 }
    const log = await openAuditLog({ folder: state.auditFolder, ...options })
    process.stdout.write('holding')
    for (;;) {
      await log.append({ trace: 'a'.repeat(32), step: 'system', outcome: 'completed', detail: { size: log.size } })
      await new Promise((done) => setTimeout(done, 1))
    }`
  server = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((done, failed) => {
    server.stdout?.once('data', done)
    server.once('exit', () => failed(new Error('the server ended')))
  })
})
afterAll(() => server.kill('SIGKILL'))

test(proves('audit:verify:running'), async () => {
  let size = 0
  for (let time = 0; time < 4; time += 1) {
    // It grew under our eyes.
    const verified = async () => {
      const { code, said, complained } = await lockstep(['audit', 'verify', '--state', state])
      expect({ code, complained }).toEqual({ code: 0, complained: '' })
      expect(said).toMatch(/^valid\n/)
      return Number(/size +(\d+) records/.exec(said)?.[1])
    }
    await expect.poll(verified).toBeGreaterThan(size)
    size = await verified()
  }
  expect(server.exitCode).toBeNull()
})

test(proves('audit:show:chain', 'while a server writes'), async () => {
  const { code, said } = await lockstep(['audit', 'show', 'a'.repeat(32), '--state', state, '--json'])
  expect(JSON.parse(said).records[0]).toMatchObject({ seq: 0, step: 'system' })
  expect(code).toBe(0)
})

test(proves('state:calls:locked'), async () => {
  for (const args of [
    ['calls', 'list'],
    ['calls', 'resolve', 'running', '--did-not-happen'],
  ]) {
    const run = await lockstep([...args, '--state', state])
    expect(run).toMatchObject({ code: 1, said: '' })
    expect(run.complained).toContain('[state.locked]')
    expect(run.complained).toContain(state)
    expect(run.complained.trimEnd()).not.toContain('\n')
  }
  expect(server.exitCode).toBeNull()
})
