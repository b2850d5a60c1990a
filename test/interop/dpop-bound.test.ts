import type { ErrorCode } from '@lockstep/core'
import { expectDenied } from '@lockstep/testing'
import { generateProof } from 'dpop'
import { generateKeyPair } from 'jose'
import { WWWAuthenticateChallengeError } from 'oauth4webapi'
import * as client from 'openid-client'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { HELPER } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { callWith, exchangeToken, GREET, HEADERS, type KeyPair, obtainToken } from './obtain-token.ts'
import { type GuardedDesk, openGuardedDesk, takePlace } from './open-guarded-desk.ts'
import { signIn } from './sign-in.ts'
import { REDIRECT_URI, type RunningProvider, startProvider } from './start-provider.ts'

const OTHER = 'https://other.example/mcp'
let provider: RunningProvider
let desk: GuardedDesk

beforeAll(async () => {
  const place = await takePlace()
  provider = await startProvider({ resources: { [place.resource]: 'ES256', [OTHER]: 'ES256' } })
  desk = await openGuardedDesk(place, { issuer: provider.issuer, jwksUri: `${provider.issuer}/jwks` })
})
afterAll(async () => {
  await desk.close()
  await provider.close()
})
beforeEach(() => {
  desk.ran.splice(0)
})

const keyOf = async (algorithm = 'ES256'): Promise<KeyPair> => generateKeyPair(algorithm, { extractable: true })
const obtain = async (algorithm?: string, resource = desk.resource) =>
  obtainToken({ issuer: provider.issuer, clientId: 'helper', resource, key: await keyOf(algorithm) })
const post = (headers: Record<string, string>) =>
  fetch(desk.resource, { method: 'POST', headers: { ...HEADERS, ...headers }, body: GREET })
const errorOf = (response: Response) => /\berror="(\w+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1]
const expectGreeted = async (response: Response) => {
  expect(await response.text()).toContain('hello interop')
  expect(desk.ran.splice(0)).toEqual([{ tool: 'greet', args: { name: 'interop', times: 1 } }])
}
/** A refusal with its challenge, and nothing that ran. */
const expectRefused = async (response: Response, code: ErrorCode, error: string) => {
  await expectDenied(response, code)
  expect({ status: response.status, error: errorOf(response), ran: desk.ran }).toEqual({ status: 401, error, ran: [] })
}

test.each(['ES256', 'EdDSA'])(proves('interop:dpop:accepted', 'oauth4webapi, %s'), async (algorithm) => {
  const token = await obtain(algorithm)
  expect(token.tokenType).toBe('dpop')
  await expectGreeted(await callWith(token, desk.resource))
  await expectGreeted(await callWith(token, desk.resource))
  expect(desk.audit.events.at(-1)).toMatchObject({ subject: 'user:ann', actor: HELPER, outcome: 'completed' })
})

test(proves('interop:dpop:accepted', 'openid-client'), async () => {
  const options = { execute: [client.allowInsecureRequests] }
  const found = await client.discovery(new URL(provider.issuer), 'helper', undefined, client.None(), options)
  const dpop = client.getDPoPHandle(found, await client.randomDPoPKeyPair())
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const url = client.buildAuthorizationUrl(found, {
    redirect_uri: REDIRECT_URI,
    scope: 'tools:call',
    resource: desk.resource,
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const callback = await signIn(url, 'user:ann', REDIRECT_URI)
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const { access_token: token } = await client.authorizationCodeGrant(found, callback, checks, undefined, {
    DPoP: dpop,
  })
  const sent = [new URL(desk.resource), 'POST', GREET, new Headers(HEADERS), { DPoP: dpop }] as const
  await expectGreeted(await client.fetchProtectedResource(found, token, ...sent))
})

test(proves('interop:dpop:accepted', 'dpop'), async () => {
  const key = await keyOf()
  const { accessToken } = await obtainToken({
    issuer: provider.issuer,
    clientId: 'helper',
    resource: desk.resource,
    key,
  })
  const dpop = await generateProof(key, desk.resource, 'POST', undefined, accessToken)
  await expectGreeted(await post({ authorization: `DPoP ${accessToken}`, dpop }))
})

test(proves('interop:dpop:exchanged'), async () => {
  const token = await obtain()
  const accessToken = await exchangeToken(token)
  await expectGreeted(await callWith({ ...token, accessToken }, desk.resource))
  const admitted = desk.audit.events.findLast(({ step }) => step === 'gateway')
  expect(admitted).toMatchObject({ subject: 'user:ann', actor: HELPER, detail: { actorBasis: 'asserted' } })
})

test(proves('interop:dpop:refused', 'the bound token as a bearer'), async () => {
  const { accessToken } = await obtain()
  await expectRefused(await post({ authorization: `Bearer ${accessToken}` }), 'gateway.token-scheme', 'invalid_token')
})

test(proves('interop:dpop:refused', 'without a proof'), async () => {
  const { accessToken } = await obtain()
  const response = await post({ authorization: `DPoP ${accessToken}` })
  await expectRefused(response, 'gateway.proof-missing', 'invalid_dpop_proof')
})

test(proves('interop:dpop:refused', 'a token for another resource'), async () => {
  const { accessToken, dpop, ...parties } = await obtain('ES256', OTHER)
  const refused = await callWith({ accessToken, dpop, ...parties }, desk.resource).catch((error: unknown) => error)
  if (!(refused instanceof WWWAuthenticateChallengeError)) throw refused
  expect(refused.cause).toMatchObject([{ scheme: 'dpop', parameters: { error: 'invalid_token' } }])
  expect(desk.ran).toEqual([])
})

test(proves('interop:dpop:refused', 'a proof by another key'), async () => {
  const { accessToken } = await obtain()
  const dpop = await generateProof(await keyOf(), desk.resource, 'POST', undefined, accessToken)
  const response = await post({ authorization: `DPoP ${accessToken}`, dpop })
  await expectRefused(response, 'gateway.proof-key', 'invalid_token')
})

test(proves('interop:dpop:refused', 'a proof that was used'), async () => {
  const key = await keyOf()
  const { accessToken } = await obtainToken({
    issuer: provider.issuer,
    clientId: 'helper',
    resource: desk.resource,
    key,
  })
  const dpop = await generateProof(key, desk.resource, 'POST', undefined, accessToken)
  const headers = { authorization: `DPoP ${accessToken}`, dpop }
  await expectGreeted(await post(headers))
  await expectRefused(await post(headers), 'gateway.proof-replayed', 'invalid_dpop_proof')
})

test(proves('interop:dpop:refused', 'a proof for the token endpoint'), async () => {
  const key = await keyOf()
  const { accessToken } = await obtainToken({
    issuer: provider.issuer,
    clientId: 'helper',
    resource: desk.resource,
    key,
  })
  const dpop = await generateProof(key, `${provider.issuer}/token`, 'POST')
  const response = await post({ authorization: `DPoP ${accessToken}`, dpop })
  await expectRefused(response, 'gateway.proof-invalid', 'invalid_dpop_proof')
})

test(proves('interop:dpop:refused', 'an unbound token'), async () => {
  const unbound = await obtainToken({ issuer: provider.issuer, clientId: 'helper-bearer', resource: desk.resource })
  expect(unbound.tokenType).toBe('bearer')
  const response = await post({ authorization: `Bearer ${unbound.accessToken}` })
  await expectRefused(response, 'gateway.token-unbound', 'invalid_token')
})

test(proves('interop:rotation'), async () => {
  const before = await obtain()
  await expectGreeted(await callWith(before, desk.resource))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })
  try {
    await provider.rotate({ withdraw: false })
    const after = await obtain()
    await expectGreeted(await callWith(after, desk.resource))
    await expectGreeted(await callWith(before, desk.resource))

    vi.setSystemTime(Date.now() + 31_000)
    await provider.rotate({ withdraw: true })
    const latest = await obtain()
    await expectGreeted(await callWith(latest, desk.resource))
    for (const withdrawn of [before, after]) {
      await expect(callWith(withdrawn, desk.resource)).rejects.toBeInstanceOf(WWWAuthenticateChallengeError)
    }
    expect(desk.ran).toEqual([])
  } finally {
    vi.useRealTimers()
  }
})
