import { digest, type JsonValue, revocableName, type Standing } from '@lockstep/core'
import { CAPABILITY_META, checkCapability } from '@lockstep/discovery'
import { createEnvelopeSigner, type EnvelopeClaims } from '@lockstep/tokens'
import { beforeEach, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { capabilityOf, createWorld, type World } from './discovery-world.ts'

const TOOL = 'listExpenses'
const DESCRIPTOR = { name: TOOL, description: 'Lists expenses', inputSchema: { type: 'object' } }
const INVALID = { code: 'invocation.capability-invalid' }

let world: World
beforeEach(async () => {
  world = await createWorld()
})

const issue = async (caller = world.caller('alice')) => {
  const capability = capabilityOf(await world.show(caller, 'alice', DESCRIPTOR))
  return { capability, jws: String(capability.jws) }
}
const revoked = new Set<string>()
const options = () => ({
  signer: world.signer,
  policyVersion: world.policyVersion,
  isRevoked: async (standing: readonly Standing[]) => standing.some(({ name }) => revoked.has(name)),
})
const check = async (given: JsonValue, caller = world.caller('alice'), tool = TOOL) => {
  const outcome = await checkCapability(options(), { _meta: { [CAPABILITY_META]: given } }, caller, tool)
  return outcome.ok ? undefined : outcome.denial
}

test(proves('discovery:envelope:bound'), async () => {
  const { capability, jws } = await issue()
  expect(await world.signer.verify(jws)).toEqual({
    jti: capability.id,
    sub: 'user:alice',
    act: { sub: world.caller('alice').actor.id },
    cnf: { jkt: 'alice-key' },
    tool: TOOL,
    descriptor: digest(DESCRIPTOR),
    limits: capability.limits,
    policy: world.policyVersion(),
    iat: world.clock() / 1000,
    exp: world.clock() / 1000 + 60,
  })
})

test(proves('discovery:envelope:expires'), async () => {
  const usual = world.caller('alice')
  const short = { ...usual, token: { ...usual.token, expiresAt: world.clock() / 1000 + 20 } }
  const [minute, token] = [await issue(usual), await issue(short)]
  expect([minute.capability.expiresAt, token.capability.expiresAt]).toEqual([
    world.clock() + 60_000,
    world.clock() + 20_000,
  ])
  world.advance(19_999)
  expect(await check(token.jws)).toBeUndefined()
  world.advance(1)
  expect(await check(token.jws)).toEqual(INVALID)
  expect(await check(minute.jws)).toBeUndefined()
  world.advance(40_000)
  expect(await check(minute.jws)).toEqual(INVALID)
})

test(proves('discovery:capability:accepted'), async () => {
  const { capability, jws } = await issue()
  for (const form of [capability, { jws }, jws]) expect(await check(form)).toBeUndefined()
  for (const params of [{}, { _meta: {} }, { _meta: { progressToken: 1 } }, { _meta: 'text' }, { _meta: null }]) {
    expect(await checkCapability(options(), params, world.caller('alice'), TOOL), 'none is needed').toEqual({
      ok: true,
      value: undefined,
    })
  }
})

test(proves('discovery:capability:revoked'), async () => {
  const [{ capability, jws }, other] = [await issue(), await issue()]
  const name = revocableName({ capability: String(capability.id) })
  const presented = { ok: true, value: { name, expiresAt: world.clock() / 1000 + 60, issuedAt: world.clock() } }
  const params = { _meta: { [CAPABILITY_META]: jws } }
  expect(await checkCapability(options(), params, world.caller('alice'), TOOL)).toEqual(presented)
  revoked.add(name)
  expect(await check(jws)).toEqual(INVALID)
  expect(await check(other.jws), 'another capability of the same caller').toBeUndefined()
})

test(proves('discovery:capability:refused'), async () => {
  const { jws } = await issue()
  const alice = world.caller('alice')
  const claims = (await world.signer.verify(jws)) as EnvelopeClaims
  expect(await check(jws, world.caller('bob'))).toEqual(INVALID)
  expect(await check(jws, { ...alice, proof: { kind: 'dpop', thumbprint: 'another' } })).toEqual(INVALID)
  expect(await check(jws, { ...alice, proof: { kind: 'bearer' } })).toEqual(INVALID)
  expect(await check(jws, { ...alice, actor: { ...alice.actor, id: 'another' } })).toEqual(INVALID)
  expect(await check(jws, alice, 'sendReport')).toEqual(INVALID)

  const changes: Partial<EnvelopeClaims>[] = [
    { tool: 'sendReport' },
    { policy: 'of yesterday' },
    { sub: 'user:bob' },
    { act: { sub: 'another' } },
    { cnf: undefined },
    { cnf: { jkt: 'another' } },
  ]
  for (const change of changes) expect(await check(await world.signer.sign({ ...claims, ...change }))).toEqual(INVALID)
  const stranger = await createEnvelopeSigner({ clock: world.clock })
  expect(await check(await stranger.sign(claims)), 'signed by another key').toEqual(INVALID)
  for (const given of ['', 'x.y.z', 17, true, null, [], [jws], {}, { jws: null }, { jws: [jws] }]) {
    expect(await check(given)).toEqual(INVALID)
  }
})

test(proves('discovery:capability:refused', 'by the certificate it was issued under'), async () => {
  const alice = world.caller('alice')
  for (const proof of [
    { kind: 'mtls', certificate: 'one' },
    { kind: 'dpop+mtls', thumbprint: 'key', certificate: 'one' },
  ] as const) {
    const { jws } = await issue({ ...alice, proof })
    expect(await check(jws, { ...alice, proof })).toBeUndefined()
    expect(await check(jws, { ...alice, proof: { ...proof, certificate: 'other' } })).toEqual(INVALID)
    expect(await check(jws, { ...alice, proof: { kind: 'dpop', thumbprint: 'one' } })).toEqual(INVALID)
    expect(await check(jws, { ...alice, proof: { kind: 'bearer' } })).toEqual(INVALID)
  }
})
