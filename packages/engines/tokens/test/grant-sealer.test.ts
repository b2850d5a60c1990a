import { createGrantSealer, createSealingKey } from '@lockstep/tokens'
import fc from 'fast-check'
import { CompactEncrypt } from 'jose'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'

const [key, older, foreign] = [createSealingKey(), createSealingKey(), createSealingKey()]
const trustDomain = 'expense.example'
const sealer = createGrantSealer({ keys: [key, older], trustDomain })
const content = { id: 'a', call: { arguments: { to: 'CANARY' } } }

test(proves('jobs:sealed:opened'), async () => {
  const sealed = await sealer.seal(content)
  expect(await sealer.open(sealed)).toEqual(content)
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('CANARY')
  expect(await sealer.seal(content), 'never the same twice').not.toBe(sealed)
  const before = await createGrantSealer({ keys: [older], trustDomain }).seal(content)
  expect(await sealer.open(before), 'by a key that was retired').toEqual(content)
})

test(proves('jobs:sealed:refused'), async () => {
  const others = [
    await createGrantSealer({ keys: [foreign], trustDomain }).seal(content),
    await createGrantSealer({ keys: [key], trustDomain: 'other.example' }).seal(content),
  ]
  const seal = (text: string, header: object = {}) =>
    new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'lockstep-grant+jwe', kid: key.id, ...header })
      .encrypt(key.secret)
  const inside = { v: 1, aud: trustDomain, content }
  expect(await sealer.open(await seal(JSON.stringify(inside))), 'so that the others fail for their own reason').toEqual(
    content,
  )
  others.push(
    await seal(JSON.stringify({ ...inside, v: 2 })),
    await seal(JSON.stringify({ ...inside, uses: 1 })),
    await seal(JSON.stringify(inside), { typ: 'JWT' }),
    await seal(JSON.stringify(inside), { typ: undefined }),
    await seal(JSON.stringify(inside), { kid: older.id }),
    await seal('no JSON'),
    '',
    '....',
    `${await sealer.seal(content)}.`,
    'x'.repeat(40_000),
  )
  for (const [index, sealed] of others.entries()) expect(await sealer.open(sealed), `${index}`).toBeUndefined()
})

test(proves('jobs:sealed:refused', 'whatever character is changed'), async () => {
  const sealed = await sealer.seal(content)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
  const change = fc.record({ at: fc.nat(sealed.length - 1), to: fc.constantFrom(...alphabet) })
  await fc.assert(
    fc.asyncProperty(change, async ({ at, to }) => {
      fc.pre(sealed[at] !== to)
      const opened = await sealer.open(sealed.slice(0, at) + to + sealed.slice(at + 1))
      // The last character of a part may hold bits that mean nothing; the digest of the whole text is compared as well.
      if (opened !== undefined) expect(['.', undefined]).toContain(sealed[at + 1])
    }),
    { numRuns: 200 },
  )
})

test('misuse is refused', async () => {
  const misuses = [
    { keys: [], trustDomain },
    { keys: [key], trustDomain: '' },
    { keys: [key], trustDomain, size: 1 },
  ]
  for (const options of misuses) expect(() => createGrantSealer(JSON.parse(JSON.stringify(options)))).toThrow(TypeError)
  expect(() => createSealingKey('short')).toThrow(TypeError)
  await expect(sealer.seal({ text: 'x'.repeat(40_000) })).rejects.toThrow('too long')
})
