import { expectDenied } from '@lockstep/testing'
import { generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { callWith, obtainToken } from './obtain-token.ts'
import { type GuardedDesk, openGuardedDesk, takePlace } from './open-guarded-desk.ts'
import { type RunningProvider, startProvider } from './start-provider.ts'

let provider: RunningProvider
let desk: GuardedDesk

beforeAll(async () => {
  const place = await takePlace()
  provider = await startProvider({ resources: { [place.resource]: 'ES256' } })
  desk = await openGuardedDesk(place, { issuer: provider.issuer, jwksUri: `${provider.issuer}/jwks` })
})
afterAll(async () => {
  await desk.close()
  await provider.close()
})
beforeEach(() => {
  desk.ran.splice(0)
})

/** Asks for details, lets ann consent to them, and calls the greeting of `interop`. */
async function callWithin(detail: object): Promise<Response> {
  const key = await generateKeyPair('ES256')
  const details = [{ type: 'mcp_tool_call', locations: [desk.resource], ...detail }]
  const token = await obtainToken({
    issuer: provider.issuer,
    clientId: 'helper',
    resource: desk.resource,
    key,
    details,
  })
  const [, payload = ''] = token.accessToken.split('.')
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ authorization_details: details })
  return callWith(token, desk.resource).catch((error: { response?: Response }) => {
    if (!error.response) throw error
    return error.response
  })
}

test(proves('interop:details:accepted'), async () => {
  const metadata = await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json()
  const { origin } = new URL(desk.resource)
  const resource = await (await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`)).json()
  for (const one of [metadata, resource])
    expect(one).toHaveProperty('authorization_details_types_supported', ['mcp_tool_call'])

  for (const detail of [{ tool: 'greet' }, { tool: 'greet', arguments: { name: { oneOf: ['interop', 'other'] } } }]) {
    expect(await (await callWithin(detail)).text()).toContain('hello interop')
  }
  expect(desk.ran).toHaveLength(2)
})

test(proves('interop:details:refused'), async () => {
  await expectDenied(callWithin({ tool: 'wide' }), 'discovery.tool-unknown')
  const bound = { tool: 'greet', arguments: { name: { equals: 'somebody else' } } }
  await expectDenied(callWithin(bound), 'invocation.details-insufficient')
  // The authorization server knows the type, but not what we do not know of it.
  await expectDenied(callWithin({ tool: 'greet', unheard: true }), 'gateway.token-invalid')
  expect(desk.ran).toEqual([])
})
