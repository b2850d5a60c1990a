import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { sha256 } from './forge.ts'
import { createWorld, NOW, PLANNER } from './world.ts'

const certificate = { leaf: Buffer.from('certificate'), intermediates: [] }
const thumbprint = sha256('certificate')
const accepting = { proof: { certificates: 'accepted' } } as const

describe('certificate', () => {
  const bound = { claims: { cnf: { 'x5t#S256': thumbprint } }, scheme: 'Bearer', proof: [], certificate }

  test(proves('gateway:certificate:bound'), async () => {
    const world = createWorld(accepting)
    expect(await world.admit(bound)).toMatchObject({ value: { proof: { kind: 'mtls', certificate: thumbprint } } })
    // Nothing of it is used up: the connection is the proof.
    expect((await world.admit(bound)).ok).toBe(true)
    expect(world.used.size).toBe(0)
  })

  test(proves('gateway:certificate:bound', 'with a key too'), async () => {
    const world = createWorld(accepting)
    const cnf = { jkt: world.agentKey.jkt, 'x5t#S256': thumbprint }
    const outcome = await world.admit({ claims: { cnf }, certificate })
    expect(outcome).toMatchObject({
      value: { proof: { kind: 'dpop+mtls', thumbprint: world.agentKey.jkt, certificate: thumbprint } },
    })
  })

  test(proves('gateway:certificate:bound', 'a certificate that binds nothing takes no part'), async () => {
    const world = createWorld(accepting)
    const outcome = await world.admit({ certificate })
    expect(outcome).toMatchObject({ value: { proof: { kind: 'dpop', thumbprint: world.agentKey.jkt } } })
    expect(outcome.ok && 'certificate' in outcome.value.proof).toBe(false)
  })

  test.each([
    ['none', { certificate: undefined }, 'gateway.certificate-missing'],
    ['another', { certificate: { ...certificate, leaf: Buffer.from('other') } }, 'gateway.certificate-other'],
    [
      'among those between',
      { certificate: { leaf: Buffer.from('other'), intermediates: [certificate.leaf] } },
      'gateway.certificate-other',
    ],
    ['under the DPoP scheme', { scheme: 'DPoP' }, 'gateway.token-unbound'],
    ['in a header', { certificate: undefined, header: true }, 'gateway.certificate-missing'],
  ] as const)(proves('gateway:certificate:bound', '%s'), async (_, { ...change }, code) => {
    const world = createWorld({ ...accepting, issuer: { bearerUntil: new Date((NOW + 100) * 1000) } })
    const token = world.token(bound.claims)
    const request = world.request({ ...bound, token, ...change })
    const headers =
      'header' in change
        ? [...request.headers, ['X-Forwarded-Client-Cert', `Hash=${thumbprint}`] as const]
        : request.headers
    expect(await world.gateway.admit({ ...request, headers })).toMatchObject({ ok: false, denial: { code } })
  })
})

describe('autonomy', () => {
  const own = { sub: PLANNER, act: { sub: PLANNER } }

  test(proves('gateway:actor:delegated'), async () => {
    const world = createWorld({ actors: { planner: PLANNER } })
    const refused = { ok: false, denial: { code: 'gateway.actor-is-subject' } }
    expect(await world.admit({ claims: own })).toEqual(refused)
    expect(await world.admit({ claims: { sub: PLANNER, act: undefined } })).toEqual(refused)
    // A client without a person: `sub` is its own id (RFC 9068 section 2.2).
    expect(await world.admit({ claims: { sub: 'planner', act: undefined } })).toEqual(refused)
    expect(await world.admit({ claims: { sub: 'planner' } })).toEqual(refused)
    expect(world.used.size).toBe(0)
    // An inner actor of the same name acts no more.
    expect((await world.admit({ claims: { act: { sub: PLANNER, act: { sub: 'user:alice' } } } })).ok).toBe(true)
  })

  test(proves('gateway:actor:delegated', 'where it is configured'), async () => {
    const world = createWorld({ autonomous: [PLANNER] })
    expect(await world.admit({ claims: own })).toMatchObject({
      value: { subject: { id: PLANNER }, actor: { id: PLANNER } },
    })
    const other = { sub: 'other', act: { sub: 'other' } }
    expect(await world.admit({ claims: other })).toMatchObject({ denial: { code: 'gateway.actor-is-subject' } })
  })
})

describe('nonce', () => {
  test(proves('gateway:proof:nonce'), async () => {
    const world = createWorld({ proof: { nonce: 'required' }, nonceKey: Buffer.alloc(32, 7) })
    const admit = async (nonce?: string) => {
      const outcome = await world.admit({ proofClaims: { nonce } })
      const headers = outcome.ok
        ? world.gateway.answerHeaders(outcome.value)
        : world.gateway.challenge(outcome.denial).headers
      return { ok: outcome.ok, next: headers['dpop-nonce'] }
    }
    const first = await admit()
    expect(first).toMatchObject({ ok: false, next: expect.stringMatching(/^[\w-]{43}$/) })
    expect(world.used.size).toBe(0)
    expect(await admit(first.next)).toEqual({ ok: true, next: undefined })
    world.setNow(NOW + 120)
    const second = await admit(first.next)
    expect(second).toMatchObject({ ok: true, next: expect.stringMatching(/^[\w-]{43}$/) })
    expect(second.next).not.toBe(first.next)
    world.setNow(NOW + 240)
    expect(await admit(first.next)).toMatchObject({ ok: false })
    expect(await admit(second.next)).toMatchObject({ ok: true })
  })

  test(proves('gateway:proof:nonce', 'of another instance with the same key'), async () => {
    const world = createWorld({ proof: { nonce: 'required' }, nonceKey: Buffer.alloc(32, 7) })
    const nonce = world.offered(await world.twin().admit(world.request()))
    expect(nonce).toBeDefined()
    expect((await world.admit({ proofClaims: { nonce } })).ok).toBe(true)
  })

  test(proves('gateway:proof:nonce', 'is asked for last'), async () => {
    const world = createWorld({ proof: { nonce: 'required' }, nonceKey: Buffer.alloc(32, 7) })
    for (const deviation of [
      { proofClaims: { htm: 'GET' } },
      { proofClaims: { iat: NOW - 61 } },
      { proofKey: createWorld().agentKey },
      { claims: { exp: NOW } },
    ]) {
      const outcome = await world.admit(deviation)
      if (outcome.ok) throw new Error('it was admitted')
      expect(world.gateway.challenge(outcome.denial).headers).not.toHaveProperty('dpop-nonce')
    }
  })

  test(proves('gateway:proof:nonce', 'is not asked of a certificate'), async () => {
    const world = createWorld({
      proof: { nonce: 'required', certificates: 'accepted' },
      nonceKey: Buffer.alloc(32, 7),
    })
    const claims = { cnf: { 'x5t#S256': thumbprint } }
    expect((await world.admit({ claims, scheme: 'Bearer', proof: [], certificate })).ok).toBe(true)
  })
})
