import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createRotatingSealer } from '../src/jobs/rotating-sealer.ts'

const PERIOD = 30 * 86_400_000

test(proves('jobs:sealed:rotated'), async () => {
  const kept = new Map<string, string>()
  let fails = false
  const keptSecret = async (name: string) => {
    if (fails) throw new Error('the state is down')
    const secret = kept.get(name) ?? Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
    kept.set(name, secret)
    return secret
  }
  let now = 700 * PERIOD
  const open = (ahead = 0) =>
    createRotatingSealer({ keptSecret, trustDomain: 'desk.example', clock: () => now + ahead })
  const [sealer, other, early] = [open(), open(), open(1_000)]
  now += PERIOD - 500
  const content = { id: 'a' }
  const sealed = await sealer.seal(content)
  const ahead = await early.seal(content)
  expect(kept.has('grant-key-701'), 'a key of its own for the next period').toBe(true)
  expect(await other.open(sealed), 'another instance over the same state').toEqual(content)
  expect(await other.open(ahead), 'of an instance whose clock is ahead').toEqual(content)
  now += PERIOD
  expect(await sealer.open(sealed), 'as long as it may live').toEqual(content)
  const [header] = (await sealer.seal(content)).split('.')
  expect(header, 'sealed by another key').not.toBe(sealed.split('.')[0])
  now += PERIOD
  expect(await sealer.open(sealed)).toBeUndefined()
  now += PERIOD
  fails = true
  await expect(sealer.open(sealed)).rejects.toThrow('down')
  fails = false
  expect(await sealer.open(await sealer.seal(content)), 'asked for again').toEqual(content)
})
