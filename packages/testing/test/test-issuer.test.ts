import { type Caller, createSeal } from '@lockstep/core'
import { createGateway } from '@lockstep/gateway'
import { createTestIssuer, expectDenied, type TestAgent } from '@lockstep/testing'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const RESOURCE = 'https://mcp.test/mcp'

/** What the agent sends, as the gateway sees it. */
async function setUp() {
  const issuer = await createTestIssuer({ audience: RESOURCE })
  const used = new Set<string>()
  const gateway = createGateway({
    resource: RESOURCE,
    issuers: [issuer.issuer],
    acrValues: ['pwd', 'mfa'],
    singleUse: {
      consume: async ({ id }) => (used.has(id) ? 'used' : used.add(id) && 'consumed'),
      isRevoked: async () => false,
      wasConsumed: async (_, id) => used.has(id),
    },
    seal: createSeal<Caller>().seal,
  })
  const sent: [string, string][][] = []
  const capture: typeof fetch = async (_, init) => {
    sent.push([...new Headers(init?.headers)])
    return new Response()
  }
  const admit = async (agent: TestAgent) => {
    await agent.fetch(RESOURCE, { method: 'POST' })
    const request = { method: 'POST', url: '/mcp', headers: sent.at(-1) ?? [], trace: '0'.repeat(31).concat('1') }
    const verified = await gateway.verify(request)
    return verified.ok ? verified.value.admit() : verified
  }
  return { issuer, capture, admit }
}

test(proves('gateway:testing:issuer'), async () => {
  const { issuer, capture, admit } = await setUp()
  const agent = await issuer.agent({
    subject: 'user:alice',
    actor: 'planner',
    acr: 'pwd',
    scopes: ['a', 'b'],
    fetch: capture,
  })
  const outcome = await admit(agent)
  expect(outcome).toMatchObject({
    ok: true,
    value: {
      subject: { issuer: 'https://issuer.test', id: 'user:alice' },
      actor: { id: 'planner', basis: 'asserted' },
      proof: { kind: 'dpop', thumbprint: agent.key.thumbprint },
      assurance: { acr: 'pwd', satisfied: ['pwd'] },
      scopes: ['a', 'b'],
    },
  })
  expect((await admit(agent)).ok).toBe(true)
})

test(proves('gateway:testing:issuer', 'what is wrong on purpose is refused'), async () => {
  const { issuer, capture, admit } = await setUp()
  const make = (options: object) =>
    issuer.agent({ subject: 'user:alice', actor: 'planner', fetch: capture, ...options })
  await expectDenied(admit(await make({ expiresIn: -1 })), 'gateway.token-expired')
  await expectDenied(admit(await make({ actor: undefined })), 'gateway.actor-missing')
  await expectDenied(admit(await make({ claims: { aud: 'https://other.test' } })), 'gateway.token-invalid')
  await expectDenied(admit(await make({ claims: { cnf: undefined } })), 'gateway.token-unbound')
  const [one, other] = [await make({}), await make({})]
  const stolen = await issuer.agent({
    subject: 'user:alice',
    key: other.key,
    fetch: capture,
    claims: { cnf: { jkt: one.key.thumbprint } },
  })
  await expectDenied(admit(stolen), 'gateway.proof-key')
})
