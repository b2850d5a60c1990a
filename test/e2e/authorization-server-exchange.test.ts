import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AgentIdentity } from '../../examples/expense-approval/agent/agent-identity.ts'
import { clientAssertion } from '../../examples/expense-approval/agent/client-assertion.ts'
import { verifySubjectToken } from '../../examples/expense-approval/authorization-server/verify-subject-token.ts'
import { signActorToken } from '../../packages/agent/src/index.ts'
import { createProofKey, createSigningKey, signJwt } from '../../packages/engines/tokens/src/index.ts'
import { proves } from '../requirements/index.ts'
import {
  ALL_SCOPES,
  actorTokenOf,
  claimsOf,
  exchangeForm,
  exchangeWith,
  type Fixture,
  postToken,
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

/** An actor token of planner-42 with other claims, another type, or by another agent's credential. */
function actorTokenWith(claims: Record<string, string | number | string[] | undefined>, type = 'actor+jwt') {
  return (by: AgentIdentity, { agent, server }: Fixture): Promise<string> => {
    const iat = Math.floor(Date.now() / 1000)
    const all = {
      iss: agent.id,
      sub: agent.id,
      aud: server.issuer,
      iat,
      exp: iat + 60,
      jti: crypto.randomUUID(),
      ...claims,
    }
    return signJwt(by.credential, type, JSON.parse(JSON.stringify(all)))
  }
}
describe('refused', () => {
  const foreign = 'http://127.0.0.1:9/other'

  test.each<[string, string, (fixture: Fixture) => Promise<Readonly<Record<string, string | undefined>>>]>([
    ['another resource', 'invalid_target', async () => ({ resource: foreign })],
    ['another audience', 'invalid_target', async () => ({ audience: foreign })],
    ['a wider scope', 'invalid_scope', async () => ({ scope: ALL_SCOPES })],
    ['a scope that does not exist', 'invalid_scope', async () => ({ scope: 'expenses:read payroll:read' })],
    ['no actor token', 'invalid_request', async () => ({ actor_token: undefined })],
    ['an empty actor token', 'invalid_request', async () => ({ actor_token: '' })],
    ['no actor token type', 'invalid_request', async () => ({ actor_token_type: undefined })],
    ['no subject token', 'invalid_request', async () => ({ subject_token: undefined })],
    [
      'another subject token type',
      'invalid_request',
      async () => ({ subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }),
    ],
    [
      'another requested type',
      'invalid_request',
      async () => ({ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }),
    ],
    [
      'a tampered subject token',
      'invalid_request',
      async ({ aliceToken }) => {
        const [header, payload = '', signature] = aliceToken.split('.')
        const claims = { ...claimsOf(aliceToken), sub: 'user:bob' }
        expect(payload).not.toBe('')
        return { subject_token: `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}` }
      },
    ],
    [
      'a subject token by an agent',
      'invalid_request',
      async ({ agent, aliceToken }) => ({
        subject_token: await signJwt(agent.credential, 'at+jwt', JSON.parse(JSON.stringify(claimsOf(aliceToken)))),
      }),
    ],
    [
      'an actor token as subject token',
      'invalid_request',
      async ({ agent, server }) => ({
        subject_token: await actorTokenOf(agent, server),
      }),
    ],
    ['an access token as actor token', 'invalid_request', async ({ aliceToken }) => ({ actor_token: aliceToken })],
    [
      'a client assertion as actor token',
      'invalid_request',
      async ({ agent, server }) => ({
        actor_token: (await clientAssertion(agent, server.issuer)).client_assertion,
      }),
    ],
    [
      'an actor token by another key',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({})(use.otherAgent, use),
      }),
    ],
    [
      'an actor token of another agent',
      'invalid_request',
      async ({ otherAgent, server }) => ({
        actor_token: await actorTokenOf(otherAgent, server),
      }),
    ],
    [
      'an actor token by another issuer',
      'invalid_request',
      async (use) => ({ actor_token: await actorTokenWith({ iss: use.otherAgent.id })(use.agent, use) }),
    ],
    [
      'an actor token for another subject',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({ sub: use.otherAgent.id })(use.agent, use),
      }),
    ],
    [
      'an actor token for another audience',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({ aud: 'http://127.0.0.1:9' })(use.agent, use),
      }),
    ],
    [
      'an actor token for two audiences',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({ aud: [use.server.issuer, 'http://127.0.0.1:9'] })(use.agent, use),
      }),
    ],
    [
      'an actor token that lives long',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({ exp: Math.floor(Date.now() / 1000) + 61 })(use.agent, use),
      }),
    ],
    [
      'an actor token that has expired',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({
          iat: Math.floor(Date.now() / 1000) - 50,
          exp: Math.floor(Date.now() / 1000) - 10,
        })(use.agent, use),
      }),
    ],
    [
      'an actor token from the future',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({
          iat: Math.floor(Date.now() / 1000) + 30,
          exp: Math.floor(Date.now() / 1000) + 60,
        })(use.agent, use),
      }),
    ],
    [
      'an actor token without exp',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({ exp: undefined })(use.agent, use),
      }),
    ],
    [
      'an actor token without iat',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({ iat: undefined })(use.agent, use),
      }),
    ],
    [
      'an actor token without jti',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({ jti: undefined })(use.agent, use),
      }),
    ],
    [
      'an actor token of another type',
      'invalid_request',
      async (use) => ({
        actor_token: await actorTokenWith({}, 'JWT')(use.agent, use),
      }),
    ],
  ])(`${proves('story:authorization-server:exchange-refused')}: %s`, async (_case, error, change) => {
    const actorToken = await actorTokenOf(fixture.agent, fixture.server)
    const refused = await exchange({ actor_token: actorToken, ...(await change(fixture)) })
    expect(refused).toMatchObject({ status: 400, body: { error } })
    expect(Object.keys(refused.body).filter((name) => !name.startsWith('error') && name !== 'scope')).toEqual([])
    // The same request without the change: the refusal was for the change, and it used the actor token up no more than it issued.
    expect(await exchange({ actor_token: actorToken })).toMatchObject({ status: 200 })
  })

  test(proves('story:authorization-server:exchange-refused', 'proof by another key, or none'), async () => {
    const { server, agent, key } = fixture
    const actor_token = await actorTokenOf(agent, server)
    const refusals = [
      await exchange({ actor_token }, await proofBy(await createProofKey(), server)),
      await exchange({ actor_token }, await proofBy(agent.credential, server)),
      await exchange({ actor_token }, null),
      await exchange({ actor_token }, 'not-a-proof'),
    ]
    for (const { status, body } of refusals) {
      expect([status, body.error]).toEqual([400, 'invalid_dpop_proof'])
      expect(body).not.toHaveProperty('access_token')
    }
    expect(await exchange({ actor_token }, await proofBy(key, server))).toMatchObject({ status: 200 })
  })

  test(
    proves('story:authorization-server:exchange-refused', 'another agent with the token and even its key'),
    async () => {
      const { otherAgent, server } = fixture
      const stolen = { ...fixture, agent: otherAgent }
      const refused = await exchange({}, undefined, stolen)
      expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
      expect(refused.body).not.toHaveProperty('access_token')
      expect(server.issuer).toBe(stolen.server.issuer)
    },
  )

  test(proves('story:authorization-server:exchange-refused', 'a token that names an actor already'), async () => {
    const first = await exchange()
    expect(first.status).toBe(200)
    const again = await exchange({ subject_token: String(first.body.access_token) })
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test(proves('story:authorization-server:exchange-refused', 'a parameter that comes twice'), async () => {
    const form = new URLSearchParams(await exchangeForm(fixture))
    form.append('resource', foreign)
    const refused = await postToken(fixture.server, form, await proofBy(fixture.key, fixture.server))
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test(proves('story:authorization-server:exchange-refused', 'a client that is not who it says'), async () => {
    const { agent, otherAgent, server } = fixture
    const disguised = { ...otherAgent, clientId: agent.clientId }
    const { client_assertion } = await clientAssertion(disguised, server.issuer)
    expect(await exchange({ client_assertion })).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(await exchange({ client_assertion: undefined, client_assertion_type: undefined })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
  })

  test(proves('story:authorization-server:exchange-refused', 'any other token by the same key'), async () => {
    const signer = await createSigningKey()
    const publicKey = await crypto.subtle.importKey(
      'jwk',
      { ...signer.publicJwk },
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['verify'],
    )
    const good = JSON.parse(JSON.stringify(claimsOf(fixture.aliceToken)))
    const verify = async (changes: object, type = 'at+jwt') =>
      verifySubjectToken(await signJwt(signer, type, JSON.parse(JSON.stringify({ ...good, ...changes }))), {
        issuer: fixture.server.issuer,
        resource: RESOURCE,
        publicKey,
        clientId: fixture.agent.clientId,
        now: new Date(),
      })
    expect(await verify({})).toMatchObject({
      sub: 'user:alice',
      jkt: fixture.key.thumbprint,
      scopes: ['expenses:read', 'expenses:approve'],
    })

    const others: readonly object[] = [
      { iss: 'http://127.0.0.1:9' },
      { aud: foreign },
      { aud: [RESOURCE, foreign] },
      { aud: [RESOURCE] },
      { client_id: 'planner-7' },
      { act: { sub: 'spiffe://expense.example/agents/planner-7' } },
      { act: null },
      { cnf: undefined },
      { cnf: { 'x5t#S256': 'x' } },
      { cnf: { jkt: 7 } },
      ...['sub', 'exp', 'iat', 'jti', 'scope', 'acr', 'auth_time', 'amr'].map((claim) => ({ [claim]: undefined })),
      { amr: 'pwd' },
      { exp: good.iat },
    ]
    for (const changes of others) await expect(verify(changes)).rejects.toThrow('invalid_request')
    for (const type of ['JWT', 'actor+jwt', 'txntoken+jwt']) {
      await expect(verify({}, type)).rejects.toThrow('invalid_request')
    }
  })

  test(proves('story:authorization-server:exchange-expired'), async () => {
    let ahead = 0
    const late = await startFixture(() => Date.now() + ahead)
    const actorTokenNow = () =>
      signActorToken({
        key: late.agent.credential,
        actor: late.agent.id,
        audience: late.server.issuer,
        clock: () => Date.now() + ahead,
      })
    ahead = 290_000
    const inTime = await exchange({ actor_token: await actorTokenNow() }, undefined, late)
    ahead = 301_000
    const tooLate = await exchange({ actor_token: await actorTokenNow() }, undefined, late)
    await late.server.close()
    expect(inTime.status).toBe(200)
    expect(tooLate).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: 'subject_token has expired' },
    })
  })
})
