import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createWorld } from './world.ts'

test(proves('admission:limits:down', 'at the gateway'), async () => {
  for (const meter of [
    () => Promise.reject(new Error('down')),
    () => {
      throw new Error('down')
    },
  ]) {
    const world = createWorld({ meter })
    expect(world.letter(await world.admit())).toBe('F')
    expect(world.used, 'no proof was used up').toEqual(new Set())
  }
  const silent = createWorld({
    meter: async () => undefined,
    singleUse: {
      consume: async () => 'consumed',
      isRevoked: async () => false,
      wasConsumed: () => Promise.reject(new Error('down')),
    },
  })
  expect(silent.letter(await silent.admit())).toBe('F')
})

test(proves('admission:limits:own-budget', 'who is counted'), async () => {
  const counted: unknown[] = []
  const world = createWorld({ meter: async (who) => void counted.push(who) })
  const refused = [
    { claims: { exp: 1 } },
    { scheme: 'Bearer' },
    { proofClaims: { htm: 'GET' } },
    { proofClaims: { ath: 'x' } },
    { claims: { act: undefined } },
  ]
  for (const deviation of refused) expect((await world.admit(deviation)).ok).toBe(false)
  expect(counted).toEqual([])
  const request = world.request()
  expect((await world.gateway.admit(request)).ok).toBe(true)
  expect((await world.gateway.admit(request)).ok).toBe(false)
  expect(counted).toEqual([
    {
      subject: { issuer: 'https://as.example', id: 'user:alice' },
      actor: expect.objectContaining({ id: 'spiffe://example/agents/planner-42' }),
    },
  ])
})
