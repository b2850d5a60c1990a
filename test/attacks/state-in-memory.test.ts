import { systemClock } from '@lockstep/core'
import { createMemoryState } from '@lockstep/stores/memory'
import { expect, test } from 'vitest'
import { NOW } from '../../packages/layers/1-gateway/test/world.ts'
import { expectRefused } from '../fixtures/corpus/expect-refused.ts'
import { openHttpWorld } from '../fixtures/corpus/http-world.ts'
import { proves } from '../requirements/index.ts'

const FLOOD = 100_000

test(proves('attacks:flooded-state', 'T121'), async () => {
  let state = createMemoryState({ clock: systemClock })
  const source = {
    open: async ({ clock }: Parameters<typeof createMemoryState>[0]) => {
      await state.close()
      state = createMemoryState({ clock, most: FLOOD + 2 })
      return state
    },
  }
  const world = await openHttpWorld({}, { state: source })
  try {
    const first = world.request()
    expect(world.letter(await world.gateway.admit(first))).toBe('OK')
    for (let index = 0; index < FLOOD; index += 1) {
      const id = `flood ${index}`
      const proof = { space: 'dpop', id, issuedAt: NOW * 1000, expiresAt: (NOW + 61) * 1000, standing: [] } as const
      if ((await state.singleUse.consume(proof)) !== 'consumed') throw new Error('the flood met itself')
    }
    expect(world.letter(await world.gateway.admit(first))).toBe('P')
    expect(world.letter(await world.admit()), 'the last one that fits').toBe('OK')
    expect(world.letter(await world.admit())).toBe('F')
    const last = world.exchanges.at(-1)
    if (last) expectRefused(last)
    expect(last?.reply.headers).toContainEqual(['retry-after', '5'])
    expect(world.letter(await world.gateway.admit(first)), 'full as it is').toBe('P')
    world.setNow(NOW + 62)
    expect(world.letter(await world.admit()), 'what expired makes room').toBe('OK')
  } finally {
    await world.close()
  }
}, 240_000)

test(proves('attacks:clock-back', 'T230, in memory'), async () => {
  const world = await openHttpWorld()
  const first = world.request()
  expect(world.letter(await world.gateway.admit(first))).toBe('OK')
  world.setNow(NOW + 200)
  expect(world.letter(await world.admit())).toBe('OK')
  world.setNow(NOW + 10)
  expect(world.letter(await world.gateway.admit(first))).toBe('P')
  expect(world.letter(await world.admit()), 'memory cannot tell the rest from what it forgot').toBe('P')
  world.setNow(NOW + 201)
  expect(world.letter(await world.admit())).toBe('OK')
  await world.close()
})

test(proves('attacks:revoked', 'everything, and an unbound token'), async () => {
  const world = await openHttpWorld({ issuer: { bearerUntil: new Date((NOW + 900) * 1000) } })
  const unbound = { scheme: 'Bearer', proof: [] }
  const token = world.token({ cnf: undefined })
  expect(world.letter(await world.admit({ ...unbound, token }))).toBe('OK')
  await world.lockstep.revoke({ token: { issuer: String(world.claims().iss), id: 'another' } }, 'a lost laptop')
  expect(world.letter(await world.admit({ ...unbound, token }))).toBe('OK')
  await world.lockstep.revoke('everything', 'a lost key')
  for (const request of [{ ...unbound, token }, {}]) {
    expect(world.letter(await world.admit(request))).toBe('T')
    const last = world.exchanges.at(-1)
    if (last) expectRefused(last)
  }
  world.setNow(NOW + 16)
  for (const request of [{ ...unbound, token: world.token({ cnf: undefined }) }, {}]) {
    expect(world.letter(await world.admit(request)), 'a new epoch').toBe('OK')
  }
  await world.close()
})

test(proves('state:revocation:refused'), async () => {
  const world = await openHttpWorld()
  const { revoke } = world.lockstep
  const recorded = world.audit.events.length
  const subject = { issuer: 'https://as.example', id: 'user:alice' }
  for (const misused of [
    'alice',
    null,
    {},
    { subject: 'alice' },
    { subject, actor: 'x' },
    { actor: '' },
    { token: {} },
  ]) {
    await expect(revoke(misused as 'everything', 'reason'), JSON.stringify(misused)).rejects.toThrow(TypeError)
  }
  for (const reason of ['', 'x'.repeat(201), 'two\nlines']) {
    await expect(revoke({ subject }, reason)).rejects.toThrow(TypeError)
  }
  expect(world.audit.events.length).toBe(recorded)
  expect(world.letter(await world.admit())).toBe('OK')
  await world.close()
})
