import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchangeForAgent } from '../../examples/expense-approval/agent/exchange-for-agent.ts'
import { narrowScope } from '../../examples/expense-approval/authorization-server/narrow-scope.ts'
import { signActorToken } from '../../packages/agent/src/index.ts'
import { createAccessTokenVerifier } from '../../packages/engines/tokens/src/index.ts'
import { proves } from '../requirements/index.ts'
import {
  ALL_SCOPES,
  actorTokenOf,
  claimsOf,
  exchangeWith,
  type Fixture,
  proofBy,
  RESOURCE,
  startFixture,
} from './authorization-server-fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.server.close())

/** An exchange at the fixture of this file, or at another one. */
const exchange = (changes?: Parameters<typeof exchangeWith>[1], proof?: string | null, use = fixture) =>
  exchangeWith(use, changes, proof)

describe('granted', () => {
  test(proves('story:authorization-server:exchange'), async () => {
    const { server, agent, key, aliceToken } = fixture
    const issued = await exchangeForAgent({
      issuer: server.issuer,
      agent,
      key,
      accessToken: aliceToken,
      resource: RESOURCE,
    })
    const verifier = createAccessTokenVerifier({
      issuers: [{ issuer: server.issuer, jwksUri: server.jwksUri, maxLifetime: 300 }],
      audience: RESOURCE,
    })
    const before = claimsOf(aliceToken)
    expect(await verifier.verify(issued.accessToken)).toMatchObject({
      ok: true,
      value: {
        subject: 'user:alice',
        actors: ['spiffe://expense.example/agents/planner-42'],
        clientId: 'planner-42',
        confirmation: { jkt: key.thumbprint },
        acrValues: [before.acr],
        authenticatedAt: before.auth_time,
        scopes: ['expenses:read', 'expenses:approve'],
      },
    })
    const after = claimsOf(issued.accessToken)
    expect(after).toMatchObject({ act: { sub: agent.id }, aud: RESOURCE, amr: before.amr, iss: server.issuer })
    expect(after.jti).not.toBe(before.jti)
  })

  test(proves('story:authorization-server:exchange', 'the answer of RFC 8693'), async () => {
    const { status, body } = await exchange({ audience: RESOURCE, resource: undefined })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'DPoP',
      scope: 'expenses:read expenses:approve',
    })
    expect(body).not.toHaveProperty('refresh_token')
    expect(body).not.toHaveProperty('id_token')
  })

  test(proves('story:authorization-server:exchange-narrows', 'scope'), async () => {
    const { body } = await exchange({ scope: 'expenses:read' })
    expect(body.scope).toBe('expenses:read')
    expect(claimsOf(body.access_token).scope).toBe('expenses:read')
  })

  test(proves('story:authorization-server:exchange-narrows', 'any scope'), () => {
    const scopes = fc.subarray(ALL_SCOPES.split(' '))
    const asked = fc.option(fc.subarray([...ALL_SCOPES.split(' '), 'payroll:read', ''], { minLength: 1 }), {
      nil: undefined,
    })
    let granted = 0
    let refused = 0
    fc.assert(
      fc.property(asked, scopes, (ask, held) => {
        const wider = ask?.some((scope) => !held.includes(scope)) ?? false
        if (wider) {
          refused++
          expect(() => narrowScope(ask?.join(' '), held)).toThrow('invalid_scope')
        } else {
          granted++
          expect(narrowScope(ask?.join(' '), held)).toBe((ask ?? held).join(' '))
        }
      }),
    )
    expect(Math.min(granted, refused)).toBeGreaterThan(5)
  })

  test(proves('story:authorization-server:exchange-narrows', 'life'), async () => {
    let ahead = 0
    const late = await startFixture(() => Date.now() + ahead)
    ahead = 200_000
    const actorToken = await signActorToken({
      key: late.agent.credential,
      actor: late.agent.id,
      audience: late.server.issuer,
      clock: () => Date.now() + ahead,
    })
    const { status, body } = await exchange({ actor_token: actorToken }, undefined, late)
    await late.server.close()
    expect(status).toBe(200)
    expect(claimsOf(body.access_token).exp).toBe(claimsOf(late.aliceToken).exp)
    expect(Number(body.expires_in)).toBeLessThanOrEqual(100)
  })
})
describe('once', () => {
  test(proves('story:authorization-server:actor-token-once'), async () => {
    const { agent, server } = fixture
    const actor_token = await actorTokenOf(agent, server)
    expect(await exchange({ actor_token })).toMatchObject({ status: 200 })
    expect(await exchange({ actor_token })).toMatchObject({ status: 400, body: { error: 'invalid_request' } })

    const raced = await actorTokenOf(agent, server)
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange({ actor_token: raced })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400, 400, 400])
  })

  test(proves('story:authorization-server:proof-once'), async () => {
    const { key, server } = fixture
    const proof = await proofBy(key, server)
    expect(await exchange({}, proof)).toMatchObject({ status: 200 })
    expect(await exchange({}, proof)).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })

    const raced = await proofBy(key, server)
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange({}, raced)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400, 400, 400])
  })
})
