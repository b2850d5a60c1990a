import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openAuditLog, readTrace, verifyAuditLog } from '@lockstep/audit'
import { openStateFolder } from '@lockstep/stores/pglite'
import { createCheckpointKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstep, newFolder } from './run-lockstep.ts'

const AT = 1_800_000_000_000
const keys = (said: string) => [...said.matchAll(/^ +key {2,}(.*)$/gm)].map(([, key]) => key)

test(proves('state:calls:resolved'), async () => {
  const folder = await newFolder()
  let now = AT
  const first = await openStateFolder({ folder, clock: () => now })
  for (const key of ['second', '-first', 'third', 'answered']) {
    now = AT + ['-first', 'second', 'third', 'answered'].indexOf(key) * 1000
    await first.idempotency.reserve(key, { digest: 'digest', call: `call ${key}`, expiresAt: AT + 60_000 })
  }
  await first.idempotency.commit('answered', '"answer"')
  await first.close()

  const listed = await lockstep(['calls', 'list', '--state', folder])
  expect(listed).toMatchObject({ code: 0, complained: '' })
  expect(keys(listed.said), 'oldest first').toEqual(['-first', 'second', 'third'])
  expect(listed.said).toContain('2027-01-15T08:00:00.000Z\n  call  call -first\n  key   -first\n')

  // None of these is an answer, so none changes anything.
  for (const args of [[], ['--happened', '--did-not-happen'], ['--happened', 'again']]) {
    expect(await lockstep(['calls', 'resolve', 'second', ...args, '--state', folder])).toMatchObject({
      code: 2,
      said: '',
    })
  }
  for (const key of ['answered', 'absent']) {
    const run = await lockstep(['calls', 'resolve', key, '--did-not-happen', '--state', folder])
    expect(run).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('has this key') })
  }
  const happened = await lockstep(['calls', 'resolve', 'second', '--happened', '--state', folder])
  expect(happened).toEqual({
    code: 0,
    said: 'closed: a retry is refused\nnot recorded: the state has no audit log\n',
    complained: '',
  })
  const didNot = await lockstep(['calls', 'resolve', '--did-not-happen', '--state', folder, '--', '-first'])
  expect(didNot).toEqual({
    code: 0,
    said: 'released: a retry may run\nnot recorded: the state has no audit log\n',
    complained: '',
  })
  expect(keys((await lockstep(['calls', 'list', '--state', folder])).said)).toEqual(['third'])

  const { idempotency, close } = await openStateFolder({ folder, clock: () => AT })
  const retry = { digest: 'digest', call: 'retry', expiresAt: AT + 60_000 }
  expect(await idempotency.reserve('second', retry)).toMatchObject({ state: 'unknown', call: 'call second' })
  expect(await idempotency.reserve('third', retry)).toMatchObject({ state: 'unknown' })
  expect(await idempotency.get('answered')).toMatchObject({ state: 'committed', answer: '"answer"' })
  expect(await idempotency.reserve('-first', retry), 'it may run now').toBeUndefined()
  await idempotency.release('-first', 'retry')
  expect(await idempotency.resolve('third', 'happened')).toBe(true)
  await close()
  const none = await lockstep(['calls', 'list', '--state', folder])
  expect(none).toEqual({ code: 0, said: 'no call has an unknown outcome\n', complained: '' })
}, 240_000)

test(proves('state:calls:recorded'), async () => {
  const folder = await newFolder()
  const clock = () => AT
  const state = await openStateFolder({ folder, clock })
  for (const key of ['one', 'two']) await state.idempotency.reserve(key, { digest: 'd', call: key, expiresAt: AT + 1 })
  const signing = await createCheckpointKey()
  await state.keep('audit-key', () => JSON.stringify(signing.exportJwk()))
  const log = await openAuditLog({ folder: state.auditFolder, origin: 'test/audit', key: signing, clock })
  await log.append({ trace: 'a'.repeat(32), step: 'gateway', outcome: 'permitted' })
  await log.close()
  await state.close()

  const { code, said } = await lockstep(['calls', 'resolve', 'one', '--happened', '--state', folder])
  expect(code).toBe(0)
  const trace = /^recorded under trace (\w{32})$/m.exec(said)?.[1] ?? ''
  const detail = { reason: 'lockstep calls resolve', resolved: 'one', as: 'happened' }
  expect(await readTrace(join(folder, 'audit'), trace)).toMatchObject([
    { step: 'system', outcome: 'permitted', detail },
    { step: 'system', outcome: 'completed', detail },
  ])
  const verified = await verifyAuditLog(join(folder, 'audit'), [signing.publicJwk()])
  expect(verified).toMatchObject({ valid: true, size: 3, unsigned: 0, checkpoint: { origin: 'test/audit' } })

  // What cannot be recorded does not happen.
  const path = join(folder, 'audit', 'records-000000000000.jsonl')
  const good = await readFile(path, 'utf8')
  await writeFile(path, good.replace('permitted', 'permitteD'))
  const refused = await lockstep(['calls', 'resolve', 'two', '--did-not-happen', '--state', folder])
  expect(refused).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('[audit.tampered]') })
  const forged = await newFolder()
  const forgery = { folder: join(forged, 'audit'), origin: 'test/audit', key: await createCheckpointKey(), clock }
  await (await openAuditLog(forgery)).close()
  await rename(join(folder, 'audit'), join(folder, 'away'))
  await rename(join(forged, 'audit'), join(folder, 'audit'))
  const replaced = await lockstep(['calls', 'resolve', 'two', '--did-not-happen', '--state', folder])
  expect(replaced, 'a log of another key').toMatchObject({
    code: 1,
    complained: expect.stringContaining('[audit.tampered]'),
  })
  await rename(join(folder, 'audit'), join(forged, 'audit'))
  await rename(join(folder, 'away'), join(folder, 'audit'))
  await writeFile(path, good)
  await rename(join(folder, 'kept', 'audit-key'), join(folder, 'kept', 'away'))
  const keyless = await lockstep(['calls', 'resolve', 'two', '--did-not-happen', '--state', folder])
  expect(keyless).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('[audit.unavailable]') })
  expect(keys((await lockstep(['calls', 'list', '--state', folder])).said)).toEqual(['two'])
  expect(await readFile(path, 'utf8')).toBe(good)
}, 240_000)

test(proves('state:calls:no-state'), async () => {
  const folder = await newFolder()
  for (const args of [
    ['calls', 'list'],
    ['calls', 'resolve', 'key', '--happened'],
  ]) {
    const run = await lockstep([...args, '--state', join(folder, 'misspelt')])
    expect(run).toMatchObject({ code: 2, said: '', complained: expect.stringContaining('misspelt') })
  }
  expect(await readdir(folder)).toEqual([])
})

test(proves('sequences:unknown', 'an operator resolves it by its id'), async () => {
  const folder = await newFolder()
  const at = 1_600_000_000_000
  const first = await openStateFolder({ folder, clock: () => at })
  const counter = { counter: 'paid', window: 86_400_000 }
  const reserve = async (call: string) => {
    const { spent } = await first.spending.read({ at, counters: [counter] })
    const amounts = [{ ...counter, amount: 100, last: spent[0]?.last }]
    return first.spending.reserve({ call, at, expiresAt: at + 30_000, amounts })
  }
  expect(await reserve('with a key')).toBe(true)
  await first.idempotency.reserve('the key', { digest: 'd', call: 'with a key', expiresAt: at + 60_000 })
  expect(await reserve('without')).toBe(true)
  expect(await reserve('settled')).toBe(true)
  await first.spending.settle('settled')
  await first.close()

  expect(keys((await lockstep(['calls', 'list', '--state', folder])).said).sort()).toEqual(['the key', 'without'])
  expect(await lockstep(['calls', 'resolve', '--did-not-happen', 'settled', '--state', folder])).toMatchObject({
    code: 1,
  })
  for (const key of ['the key', 'without']) {
    expect(await lockstep(['calls', 'resolve', '--did-not-happen', key, '--state', folder])).toMatchObject({ code: 0 })
  }
  expect(await lockstep(['calls', 'list', '--state', folder])).toMatchObject({
    said: 'no call has an unknown outcome\n',
  })
  const after = await openStateFolder({ folder, clock: () => at })
  const read = await after.spending.read({ at, counters: [{ counter: 'paid', window: 86_400_000 }] })
  expect(read.spent[0]?.amount, 'only what was settled').toBe(100)
  await after.close()
}, 240_000)
