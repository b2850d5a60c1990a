import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openStateFolder } from '@lockstep/stores/pglite'
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
  expect(happened).toEqual({ code: 0, said: 'closed: a retry is refused\n', complained: '' })
  const didNot = await lockstep(['calls', 'resolve', '--did-not-happen', '--state', folder, '--', '-first'])
  expect(didNot).toEqual({ code: 0, said: 'released: a retry may run\n', complained: '' })
  expect(keys((await lockstep(['calls', 'list', '--state', folder])).said)).toEqual(['third'])

  const { idempotency, close } = await openStateFolder({ folder, clock: () => AT })
  const retry = { digest: 'digest', call: 'retry', expiresAt: AT + 60_000 }
  expect(await idempotency.reserve('second', retry)).toMatchObject({ state: 'unknown', call: 'call second' })
  expect(await idempotency.reserve('third', retry)).toMatchObject({ state: 'unknown' })
  expect(await idempotency.get('answered')).toMatchObject({ state: 'committed', answer: '"answer"' })
  expect(await idempotency.reserve('-first', retry), 'it may run now').toBeUndefined()
  await idempotency.release('-first')
  expect(await idempotency.resolve('third', 'happened')).toBe(true)
  await close()
  const none = await lockstep(['calls', 'list', '--state', folder])
  expect(none).toEqual({ code: 0, said: 'no call has an unknown outcome\n', complained: '' })
}, 90_000)

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
