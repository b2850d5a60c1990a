import { expectDenied } from '@lockstep/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Authority, createAuthority, type Identity } from '../fixtures/certificates/authority.ts'
import { HELPER } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { createCertifiedFetch } from './certified-fetch.ts'
import { GREET, HEADERS, obtainToken } from './obtain-token.ts'
import { type GuardedDesk, openGuardedDesk, takePlace } from './open-guarded-desk.ts'
import { type RunningProvider, startProvider } from './start-provider.ts'

let authority: Authority
let provider: RunningProvider
let desk: GuardedDesk

beforeAll(async () => {
  authority = await createAuthority('desk')
  const { key, cert } = await authority.issue({ subject: 'CN=server' })
  const place = await takePlace({ key, cert, ca: authority.pem, requestCert: true, rejectUnauthorized: false })
  provider = await startProvider({ resources: { [place.resource]: 'ES256' }, tls: { key, cert } })
  const issuer = { issuer: provider.issuer, jwksUri: `${provider.issuer}/jwks` }
  desk = await openGuardedDesk(place, issuer, { proof: { certificates: 'accepted' } })
})
afterAll(async () => {
  await desk.close()
  await provider.close()
})
beforeEach(() => {
  desk.ran.splice(0)
})

const obtain = (identity: Identity) => {
  const certified = createCertifiedFetch(authority.pem, identity)
  return obtainToken({ issuer: provider.issuer, clientId: 'helper-mtls', resource: desk.resource, certified })
}
const call = (accessToken: string, identity?: Identity, headers: Record<string, string> = {}) =>
  createCertifiedFetch(authority.pem, identity)(desk.resource, {
    method: 'POST',
    headers: { ...HEADERS, authorization: `Bearer ${accessToken}`, ...headers },
    body: GREET,
  })

test(proves('interop:mtls:accepted'), async () => {
  const identity = await authority.issue({ subject: 'CN=helper' })
  const { accessToken, tokenType } = await obtain(identity)
  expect(tokenType).toBe('bearer')
  const response = await call(accessToken, identity)
  expect(await response.text()).toContain('hello interop')
  const admitted = desk.audit.events.findLast(({ step }) => step === 'gateway')
  expect(admitted).toMatchObject({ subject: 'user:ann', actor: HELPER, detail: { proof: 'mtls' } })
})

test(proves('interop:mtls:refused', 'no certificate'), async () => {
  const { accessToken } = await obtain(await authority.issue({ subject: 'CN=helper' }))
  await expectDenied(call(accessToken), 'gateway.certificate-missing')
  expect(desk.ran).toEqual([])
})

test(proves('interop:mtls:refused', 'another certificate'), async () => {
  const { accessToken } = await obtain(await authority.issue({ subject: 'CN=helper' }))
  const other = await authority.issue({ subject: 'CN=helper' })
  await expectDenied(call(accessToken, other), 'gateway.certificate-other')
  expect(desk.ran).toEqual([])
})

test(proves('interop:mtls:refused', 'the right certificate in a header'), async () => {
  const identity = await authority.issue({ subject: 'CN=helper' })
  const { accessToken } = await obtain(identity)
  const forwarded = { 'client-cert': `:${identity.leaf.toString('base64')}:` }
  await expectDenied(call(accessToken, undefined, forwarded), 'gateway.certificate-missing')
  expect(desk.ran).toEqual([])
})
