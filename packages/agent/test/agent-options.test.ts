import { createAgentFetch, createProofKey, createSigningKey, exchangeToken, signActorToken } from '@lockstep/agent'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

test(proves('gateway:options:checked', 'on the side of the agent'), async () => {
  const key = await createProofKey()
  const fetchOptions = { key, accessToken: 'token', resources: 'https://mcp.example' }
  expect(() => createAgentFetch(fetchOptions)).toThrow('unknown option `resources`')
  const statement = { key: await createSigningKey(), actor: 'a', audience: 'b', lifetime: 5 }
  expect(() => signActorToken(statement)).toThrow('unknown option `lifetime`')
  let sent = 0
  const count: typeof fetch = async () => {
    sent++
    return new Response()
  }
  const exchange = { tokenEndpoint: 'https://as.example/token', key, subjectToken: 's', actorToken: 'a', clientId: 'c' }
  await expect(exchangeToken(Object.assign({ fetch: count, scopes: 'a' }, exchange))).rejects.toThrow(
    'unknown option `scopes`',
  )
  expect(sent).toBe(0)
})
