import { createAgentFetch, createProofKey } from '@lockstep/agent'
import { createProofVerifier } from '@lockstep/tokens'
import { afterEach, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { type Answer, claimsOf, type LocalServer, startServer } from './local-server.ts'

const open: LocalServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(answer: Answer = () => undefined): Promise<LocalServer> {
  const server = await startServer(answer)
  open.push(server)
  return server
}

const demand = (nonce: string): Answer => {
  return (request, response) => {
    if (claimsOf(request.headers.dpop).nonce === nonce) return
    response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce", algs="ES256"', 'dpop-nonce': nonce })
  }
}

describe('proofs', () => {
  test(proves('gateway:agent:proves'), async () => {
    const server = await serve()
    const key = await createProofKey()
    let turn = 0
    const agentFetch = createAgentFetch({
      key,
      accessToken: async () => `token-${++turn}`,
      headers: { 'x-agent': 'a' },
    })
    await agentFetch(`${server.origin}/mcp?query`, { method: 'POST', body: '{}', headers: [['x-own', 'b']] })
    await agentFetch(new URL('/mcp', server.origin))
    await agentFetch(new Request(`${server.origin}/mcp`, { method: 'DELETE', headers: { 'x-own': 'c' } }))

    const verifier = createProofVerifier()
    const proofs = new Set<string>()
    for (const [index, { method, headers, body }] of server.seen.entries()) {
      const accessToken = `token-${index + 1}`
      expect(headers.authorization).toBe(`DPoP ${accessToken}`)
      expect(headers['x-agent']).toBe('a')
      const proofJwt = String(headers.dpop)
      proofs.add(proofJwt)
      const url = `${server.origin}/mcp`
      expect(await verifier.verify({ proofJwt, method, url, accessToken, thumbprint: key.thumbprint })).toMatchObject({
        ok: true,
      })
      expect(body).toBe(index === 0 ? '{}' : '')
    }
    expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'GET', 'DELETE'])
    expect(server.seen.map(({ headers }) => headers['x-own'])).toEqual(['b', undefined, 'c'])
    expect(proofs.size).toBe(3)
  })

  test(proves('gateway:agent:proves', 'to its resource only'), async () => {
    const [home, other] = [await serve(), await serve()]
    const key = await createProofKey()
    const byFirst = createAgentFetch({ key, accessToken: 'token' })
    await byFirst(`${home.origin}/mcp`)
    await byFirst(`${other.origin}/mcp`)
    const named = createAgentFetch({ key, accessToken: 'token', resource: `${home.origin}/mcp` })
    await named(`${other.origin}/.well-known/oauth-authorization-server`)
    expect(home.seen[0]?.headers.authorization).toBe('DPoP token')
    expect(other.seen).toHaveLength(2)
    for (const { headers } of other.seen) {
      expect(headers.authorization).toBeUndefined()
      expect(headers.dpop).toBeUndefined()
    }
  })

  test(proves('gateway:agent:proves', 'and follows no redirect'), async () => {
    const other = await serve()
    const home = await serve((_, response) => response.writeHead(307, { location: `${other.origin}/mcp` }))
    const agentFetch = createAgentFetch({ key: await createProofKey(), accessToken: 'token' })
    await expect(agentFetch(`${home.origin}/mcp`, { method: 'POST', body: '{}', redirect: 'follow' })).rejects.toThrow()
    expect(other.seen).toHaveLength(0)
  })
})

describe('nonces', () => {
  test(proves('gateway:agent:nonce'), async () => {
    const server = await serve(demand('n-1'))
    const agentFetch = createAgentFetch({ key: await createProofKey(), accessToken: 'token' })
    const response = await agentFetch(`${server.origin}/mcp`, { method: 'POST', body: '{"a":1}' })
    expect(response.status).toBe(200)
    expect(server.seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}'])
    await agentFetch(`${server.origin}/mcp`)
    expect(server.seen).toHaveLength(3)
    const ids = server.seen.map(({ headers }) => claimsOf(headers.dpop).jti)
    expect(new Set(ids).size).toBe(3)
  })

  test(proves('gateway:agent:nonce', 'with a Request'), async () => {
    const server = await serve(demand('n-1'))
    const agentFetch = createAgentFetch({ key: await createProofKey(), accessToken: 'token' })
    const response = await agentFetch(new Request(`${server.origin}/mcp`, { method: 'POST', body: 'text' }))
    expect(response.status).toBe(200)
    expect(server.seen.map(({ body }) => body)).toEqual(['text', 'text'])
  })

  test(proves('gateway:agent:nonce', 'never twice'), async () => {
    let count = 0
    const server = await serve((request, response, raw) => demand(`n-${++count}`)(request, response, raw))
    const agentFetch = createAgentFetch({ key: await createProofKey(), accessToken: 'token' })
    expect((await agentFetch(`${server.origin}/mcp`)).status).toBe(401)
    expect(server.seen).toHaveLength(2)
  })

  test(proves('gateway:agent:nonce', 'not for a body that is gone'), async () => {
    const server = await serve(demand('n-1'))
    const agentFetch = createAgentFetch({ key: await createProofKey(), accessToken: 'token' })
    const body = new Blob(['text']).stream()
    const init: RequestInit = { method: 'POST', body, duplex: 'half' }
    expect((await agentFetch(`${server.origin}/mcp`, init)).status).toBe(401)
    expect(server.seen).toHaveLength(1)
  })
})
