import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStateFolder } from '@lockstep/stores/pglite'
import { afterAll, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const clock = () => 1_800_000_000_000
const entry = { digest: 'digest', call: 'the call', expiresAt: clock() + 60_000 }
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** Reserves three keys in a process of its own, ends two of them, and is killed before the third has an outcome. */
async function killBetweenReserveAndCommit(folder: string): Promise<void> {
  const script = `
    import { openStateFolder } from '@lockstep/stores/pglite'
    const { idempotency } = await openStateFolder({ folder: ${JSON.stringify(folder)}, clock: () => ${clock()} })
    for (const key of ['answered', 'released', 'cut off']) await idempotency.reserve(key, ${JSON.stringify(entry)})
    await idempotency.commit('answered', '"answer"')
    await idempotency.release('released', 'the call')
    process.stdout.write('reserved')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((done) => child.once('exit', done))
  await Promise.race([new Promise((done) => child.stdout.once('data', done)), ended])
  expect(child.kill('SIGKILL'), 'it was alive').toBe(true)
  await ended
}

test(proves('state:idempotency:killed'), async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-killed-'))
  folders.push(folder)
  await killBetweenReserveAndCommit(folder)
  const unknown = { state: 'unknown', digest: 'digest', call: 'the call', at: clock() }

  const first = await openStateFolder({ folder, clock: () => clock() + 1_000_000 })
  const { idempotency } = first
  expect(await idempotency.get('cut off'), 'it does not expire').toEqual(unknown)
  expect(await idempotency.reserve('cut off', entry), 'a retry does not run').toEqual(unknown)
  expect(await idempotency.unresolved()).toEqual([{ key: 'cut off', call: 'the call', at: clock() }])
  expect(await idempotency.get('released')).toBeUndefined()
  await expect(idempotency.commit('cut off', '"late"')).rejects.toMatchObject({ code: 'state.unavailable' })
  await idempotency.release('cut off', 'the call')
  expect(await idempotency.get('cut off')).toEqual(unknown)

  const words = await Promise.all(Array.from({ length: 50 }, () => idempotency.resolve('cut off', 'happened')))
  expect(words.filter(Boolean), 'one word closes it').toHaveLength(1)
  expect(await idempotency.unresolved()).toEqual([])
  expect(await idempotency.resolve('cut off', 'did-not-happen'), 'for good').toBe(false)
  expect(await idempotency.reserve('cut off', entry)).toEqual(unknown)

  // Closed while a call runs: the same as killed.
  await idempotency.reserve('left behind', entry)
  await first.close()
  const second = await openStateFolder({ folder, clock })
  expect(await second.idempotency.get('answered')).toMatchObject({ state: 'committed', answer: '"answer"' })
  expect(await second.idempotency.reserve('cut off', entry)).toEqual(unknown)
  expect(await second.idempotency.unresolved()).toMatchObject([{ key: 'left behind' }])
  expect(await second.idempotency.resolve('left behind', 'did-not-happen')).toBe(true)
  expect(await second.idempotency.reserve('left behind', { ...entry, call: 'the retry' })).toBeUndefined()
  expect(await second.idempotency.get('left behind')).toMatchObject({ state: 'reserved', call: 'the retry' })
  await second.close()
}, 240_000)
