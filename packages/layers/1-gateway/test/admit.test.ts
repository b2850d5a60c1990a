import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createWorld, ISSUER, NOW, PLANNER } from './world.ts'

test(proves('gateway:admit:caller'), async () => {
  const world = createWorld()
  const outcome = await world.admit({ claims: { jti: 'token-1', scope: 'a b', acr: 'mfa' } })
  expect(outcome).toEqual({
    ok: true,
    value: {
      subject: { issuer: ISSUER, id: 'user:alice' },
      actor: { id: PLANNER, basis: 'asserted', chain: [] },
      proof: { kind: 'dpop', thumbprint: world.agentKey.jkt },
      assurance: { satisfied: [] },
      scopes: ['a', 'b'],
      token: { id: 'token-1', issuedAt: NOW - 5, expiresAt: NOW + 300 },
      trace: '0af7651916cd43dd8448eb211c80319c',
    },
  })
  if (!outcome.ok) return
  expect(world.isCaller(outcome.value)).toBe(true)
  expect(Object.isFrozen(outcome.value.subject) && Object.isFrozen(outcome.value.actor)).toBe(true)
  expect(world.used.size).toBe(1)
})

test.each(['dpop', 'DPOP', 'DPoP'])(proves('gateway:admit:caller', 'scheme %s'), async (scheme) => {
  expect((await createWorld().admit({ scheme })).ok).toBe(true)
})

test(proves('gateway:admit:caller', 'no credentials'), async () => {
  const world = createWorld()
  for (const headers of [[], [['Authorization', 'Basic YTpi']], [['DPoP', 'x']]] as const) {
    const outcome = await world.admit({ headers })
    expect(outcome).toEqual({ ok: false, denial: { code: 'gateway.credentials-missing' } })
  }
})

test(proves('gateway:refusal:silent', 'a token in the URL'), async () => {
  const world = createWorld()
  const token = world.token()
  const outcome = await world.admit({ url: `/mcp?access_token=${token}`, token })
  expect(outcome).toMatchObject({ ok: false, denial: { code: 'gateway.credentials-malformed' } })
  expect(JSON.stringify(outcome)).not.toContain(token.slice(-20))
  expect(world.used.size).toBe(0)
})

describe('actor', () => {
  test(proves('gateway:actor:asserted'), async () => {
    const act = { sub: 'outer', act: { sub: 'middle', act: { sub: 'inner' } } }
    const outcome = await createWorld({ actors: { planner: 'mapped' } }).admit({ claims: { act } })
    expect(outcome).toMatchObject({
      value: { actor: { id: 'outer', basis: 'asserted', chain: ['middle', 'inner'] } },
    })
  })

  test(proves('gateway:actor:mapped'), async () => {
    const world = createWorld({ actors: { planner: PLANNER } })
    const mapped = await world.admit({ claims: { act: undefined } })
    expect(mapped).toMatchObject({ value: { actor: { id: PLANNER, basis: 'mapped', chain: [] } } })
    const used = world.used.size
    for (const client_id of ['other', 'toString', '__proto__']) {
      const outcome = await world.admit({ claims: { act: undefined, client_id } })
      expect(outcome).toMatchObject({ ok: false, denial: { code: 'gateway.actor-missing' } })
    }
    expect(world.used.size).toBe(used)
  })
})

describe('assurance', () => {
  const acrValues = ['pwd', 'otp', 'mfa']
  test.each([
    { acr: 'mfa', satisfied: ['pwd', 'otp', 'mfa'] },
    { acr: 'otp', satisfied: ['pwd', 'otp'] },
    { acr: 'pwd', satisfied: ['pwd'] },
    { acr: 'other', satisfied: [] },
    { acr: undefined, satisfied: [] },
    { acr: ['mfa'], satisfied: [] },
  ])(proves('gateway:assurance:acr', '$acr'), async ({ acr, satisfied }) => {
    const outcome = await createWorld({ acrValues }).admit({ claims: { acr, auth_time: NOW - 60 } })
    if (!outcome.ok) throw new Error('refused')
    const { assurance } = outcome.value
    expect(assurance).toEqual({
      ...(satisfied.length > 0 ? { acr: satisfied.at(-1) } : {}),
      satisfied,
      authenticatedAt: NOW - 60,
    })
  })
})

test(proves('gateway:scopes:all'), async () => {
  const world = createWorld({ scopes: ['expenses:read', 'expenses:approve'] })
  const outcome = await world.admit({ claims: { scope: 'expenses:read other' } })
  expect(world.letter(outcome)).toBe('S')
  if (outcome.ok) return
  expect(world.gateway.challenge(outcome.denial).headers['www-authenticate']).toContain(
    'scope="expenses:read expenses:approve"',
  )
  expect(world.used.size).toBe(0)
  expect((await world.admit({ claims: { scope: 'expenses:approve expenses:read' } })).ok).toBe(true)
})

describe('bearer migration', () => {
  const migrating = { issuer: { bearerUntil: new Date((NOW + 100) * 1000) } }
  const bearer = { scheme: 'Bearer', claims: { cnf: undefined }, proof: [] }

  test(proves('gateway:bearer:migration'), async () => {
    const world = createWorld(migrating)
    expect(await world.admit(bearer)).toMatchObject({ ok: true, value: { proof: { kind: 'bearer' } } })
    world.setNow(NOW + 100)
    expect(await world.admit(bearer)).toMatchObject({ denial: { code: 'gateway.token-unbound' } })
  })

  test(proves('gateway:bearer:migration', 'a bound token is no bearer token'), async () => {
    const world = createWorld(migrating)
    expect(await world.admit({ scheme: 'Bearer' })).toMatchObject({ denial: { code: 'gateway.token-scheme' } })
    expect(await world.admit({ ...bearer, scheme: 'DPoP' })).toMatchObject({
      denial: { code: 'gateway.token-unbound' },
    })
    expect(await world.admit({ ...bearer, claims: { cnf: { other: 1 } } })).toMatchObject({
      denial: { code: 'gateway.token-invalid' },
    })
  })
})

test(proves('gateway:proof:consumed-last'), async () => {
  const world = createWorld({ scopes: ['needed'] })
  const token = world.token({ scope: 'other' })
  const proof = world.proof(token)
  expect((await world.admit({ token, proof })).ok).toBe(false)
  expect((await world.admit({ token: world.token({ scope: 'needed', act: undefined }) })).ok).toBe(false)
  expect(world.used.size).toBe(0)
})

test(proves('gateway:proof:replayed', 'fifty at once'), async () => {
  const world = createWorld()
  const request = world.request()
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.gateway.admit(request)))
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
  expect(outcomes.filter((one) => !one.ok && one.denial.code === 'gateway.proof-replayed')).toHaveLength(49)
})
