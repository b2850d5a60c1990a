import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Authority,
  type CertificateOptions,
  createAuthority,
  type Identity,
} from '../fixtures/certificates/authority.ts'
import { HELPER, RESOURCE } from '../fixtures/desk/desk.ts'
import { openTlsDesk, type TlsAnswer, type TlsCall, type TlsDesk } from '../fixtures/desk/tls-desk.ts'
import { proves } from '../requirements/index.ts'

const HOUR = 3_600_000
const OTHER = 'spiffe://desk.example/agents/other'
const METADATA = `${new URL(RESOURCE).origin}/.well-known/oauth-protected-resource/mcp`
const x5t = ({ leaf }: Identity) => createHash('sha256').update(leaf).digest('base64url')

let house: TlsDesk
let stranger: Authority
let bank: Authority
let ahead = 0

beforeAll(async () => {
  ;[stranger, bank] = await Promise.all([createAuthority('desk'), createAuthority('bank')])
  house = await openTlsDesk(
    (authority) => ({
      proof: { certificates: 'accepted', window: 300 },
      workloads: { 'desk.example': { authorities: authority.pem }, 'bank.example': { authorities: bank.pem } },
      clock: () => Date.now() + ahead,
    }),
    { more: [bank] },
  )
})
afterAll(() => house.close())

const svid = (options: CertificateOptions = {}, authority = house.authority) =>
  authority.issue({ uris: [HELPER], ...options })
/** A token that is bound to this certificate alone. */
const boundTo = (identity: Identity) => house.agent({ claims: { cnf: { 'x5t#S256': x5t(identity) } } })

/** The refusal T of the corpus: nothing ran, one record, and the constant text of the code. */
function expectT(answer: TlsAnswer, code: string): void {
  expect(answer).toMatchObject({ status: 401, code, ran: 0 })
  expect(answer.challenge).toMatch(
    /^DPoP error="invalid_token", error_description="[a-z ,.SVIDX509-]+", algs="ES256 EdDSA", /,
  )
  expect(answer.challenge?.endsWith(`resource_metadata="${METADATA}"`)).toBe(true)
  expect(answer.audit).toEqual([{ trace: expect.any(String), step: 'gateway', outcome: 'denied', code }])
}

describe('a token that is bound to a certificate', () => {
  test(proves('attacks:connection:bound-token'), async () => {
    const identity = await svid()
    const agent = await boundTo(identity)
    const answer = await house.call({ identity, agent, scheme: 'Bearer' })
    expect(answer).toMatchObject({ status: 200, ran: 1 })
    expect(answer.audit[0]).toMatchObject({
      detail: { proof: 'mtls', certificate: x5t(identity), actorBasis: 'proved' },
    })
    // The certificate is no key of a proof.
    expectT(await house.call({ identity, agent, scheme: 'DPoP' }), 'gateway.token-unbound')
  })

  test(proves('attacks:connection:bound-token', 'T130, no certificate'), async () => {
    const agent = await boundTo(await svid())
    expectT(await house.call({ agent, scheme: 'Bearer' }), 'gateway.certificate-missing')
  })

  test(proves('attacks:connection:bound-token', 'another certificate'), async () => {
    const agent = await boundTo(await svid())
    expectT(await house.call({ identity: await svid(), agent, scheme: 'Bearer' }), 'gateway.certificate-other')
  })

  test(proves('attacks:connection:bound-token', 'T80, with a key too'), async () => {
    const identity = await svid()
    const { key } = await house.agent()
    const agent = await house.agent({ key, claims: { cnf: { jkt: key.thumbprint, 'x5t#S256': x5t(identity) } } })
    const answer = await house.call({ identity, agent })
    expect(answer).toMatchObject({ status: 200, ran: 1 })
    expect(answer.audit[0]).toMatchObject({
      detail: { proof: 'dpop+mtls', key: key.thumbprint, certificate: x5t(identity) },
    })
    expectT(await house.call({ agent }), 'gateway.certificate-missing')
    expectT(await house.call({ identity, agent, scheme: 'Bearer' }), 'gateway.token-scheme')
    expect(await house.call({ identity, agent, proved: false })).toMatchObject({
      status: 401,
      code: 'gateway.proof-missing',
    })
  })

  const forwarded = (identity: Identity): Readonly<Record<string, string>> => ({
    'X-Forwarded-Client-Cert': `By=spiffe://desk.example/proxy;Hash=${createHash('sha256').update(identity.leaf).digest('hex')};URI=${HELPER}`,
    'X-SSL-Client-Cert': encodeURIComponent(identity.cert),
    'Client-Cert': `:${identity.leaf.toString('base64')}:`,
    'X-Client-Cert-SHA256': x5t(identity),
  })
  test(proves('attacks:connection:bound-token', 'T131, a forwarded certificate'), async () => {
    const identity = await svid()
    const agent = await boundTo(identity)
    expectT(await house.call({ agent, scheme: 'Bearer', headers: forwarded(identity) }), 'gateway.certificate-missing')
  })

  test(proves('attacks:connection:bound-token', 'T133, injected into a forwarded certificate'), async () => {
    const identity = await svid()
    const agent = await boundTo(identity)
    const injected = { 'X-Forwarded-Client-Cert': `Subject="/C=x;URI=spiffe://a/b,c";URI=${OTHER};URI=${HELPER}` }
    expectT(await house.call({ agent, scheme: 'Bearer', headers: injected }), 'gateway.certificate-missing')
    // Beside real credentials it is ignored too: the actor stays who the connection proves.
    const answer = await house.call({ identity, agent: await house.agent({ actor: undefined }), headers: injected })
    expect(answer.audit[0]).toMatchObject({ outcome: 'permitted', actor: HELPER })
  })

  test(proves('attacks:connection:bound-token', 'T140, a certificate that node did not verify'), async () => {
    const identity = await svid({}, stranger)
    expectT(
      await house.call({ identity, agent: await boundTo(identity), scheme: 'Bearer' }),
      'gateway.certificate-missing',
    )
  })

  test(proves('attacks:connection:bound-token', 'T143, a resumed session without a certificate'), async () => {
    const agent = await boundTo(await svid())
    const { session } = await house.call({ agent, scheme: 'Bearer' })
    const resumed = await house.call({ agent, scheme: 'Bearer', session })
    expect(resumed.resumed).toBe(true)
    expectT(resumed, 'gateway.certificate-missing')
  })

  test(proves('attacks:connection:bound-token', 'a resumed session with its certificate'), async () => {
    const identity = await svid()
    const agent = await boundTo(identity)
    const { session } = await house.call({ identity, agent, scheme: 'Bearer' })
    const resumed = await house.call({ identity, agent, scheme: 'Bearer', session })
    expect(resumed).toMatchObject({ resumed: true, status: 200 })
    // It proves what it was opened with, whatever is held now.
    const other = await house.call({
      identity: await svid(),
      agent: await boundTo(await svid()),
      scheme: 'Bearer',
      session,
    })
    expectT(other, 'gateway.certificate-other')
  })
})

describe('a workload', () => {
  test(proves('attacks:connection:workload', 'is the actor of a token without one'), async () => {
    const answer = await house.call({ identity: await svid(), agent: await house.agent({ actor: undefined }) })
    expect(answer).toMatchObject({ status: 200, ran: 1 })
    expect(answer.audit[0]).toMatchObject({ actor: HELPER, detail: { proof: 'dpop', actorBasis: 'proved' } })
    // Who it is decides what it may: another workload of the same trust domain is permitted nothing.
    const other = await house.call({
      identity: await svid({ uris: [OTHER] }),
      agent: await house.agent({ actor: undefined }),
    })
    expect(other).toMatchObject({ code: 'discovery.tool-unknown', ran: 0 })
    const nobody = await house.call({ agent: await house.agent({ actor: undefined }) })
    expect(nobody).toMatchObject({ status: 403, code: 'gateway.actor-missing', challenge: undefined, ran: 0 })
  })

  test(proves('attacks:connection:workload', 'proves the actor that a token names'), async () => {
    const nested = { act: { sub: HELPER, act: { sub: OTHER } } }
    const answer = await house.call({ identity: await svid(), agent: await house.agent({ claims: nested }) })
    expect(answer.audit[0]).toMatchObject({ actor: HELPER, detail: { actorBasis: 'proved', actorChain: [OTHER] } })
  })

  test(proves('attacks:connection:workload', 'T139, is another one than the token names'), async () => {
    const code = 'gateway.actor-contradicted'
    for (const act of [{ sub: OTHER }, { sub: OTHER, act: { sub: HELPER } }, { sub: 'helper' }]) {
      const answer = await house.call({ identity: await svid(), agent: await house.agent({ claims: { act } }) })
      expect(answer).toMatchObject({ status: 403, code, challenge: undefined, ran: 0 })
      expect(answer.audit).toMatchObject([{ step: 'gateway', outcome: 'denied', code }])
    }
  })

  test(proves('attacks:connection:workload', 'T142, whose certificate rotated'), async () => {
    const [before, after] = [await svid(), await svid()]
    const agent = await house.agent({ actor: undefined })
    expect(await house.call({ identity: before, agent })).toMatchObject({ status: 200 })
    expect(await house.call({ identity: after, agent })).toMatchObject({ status: 200 })
    expectT(
      await house.call({ identity: after, agent: await boundTo(before), scheme: 'Bearer' }),
      'gateway.certificate-other',
    )
  })

  const refusals: readonly (readonly [string, CertificateOptions])[] = [
    ['T134, expired', { notBefore: Date.now() - 2 * HOUR, notAfter: Date.now() - 1_000 }],
    ['T134, not yet valid', { notBefore: Date.now() + HOUR / 2 }],
    ['T136, of another trust domain', { uris: ['spiffe://prod.example/agents/helper'] }],
    ['T136, of a longer name', { uris: ['spiffe://desk.example.evil/agents/helper'] }],
    ['T136, in capitals', { uris: ['spiffe://DESK.example/agents/helper'] }],
    ['T136, with user info', { uris: ['spiffe://a@desk.example/agents/helper'] }],
    ['T136, with a port', { uris: ['spiffe://desk.example:1/agents/helper'] }],
    ['T136, with a query', { uris: [`${HELPER}?a=b`] }],
    ['T136, with a fragment', { uris: [`${HELPER}#a`] }],
    ['T136, percent-encoded', { uris: ['spiffe://desk.example/agents/%2e/helper'] }],
    ['T136, with dot segments', { uris: ['spiffe://desk.example/agents/../agents/helper'] }],
    ['T137, a signing certificate', { ca: true }],
    ['with two identities', { uris: [HELPER, OTHER] }],
    ['of the domain itself', { uris: ['spiffe://desk.example'] }],
  ]
  test.each(refusals)(proves('attacks:connection:workload', '%s'), async (_, options) => {
    const identity = await svid(options)
    for (const actor of [HELPER, undefined]) {
      expectT(await house.call({ identity, agent: await house.agent({ actor }) }), 'gateway.workload-invalid')
    }
  })

  test(proves('attacks:connection:workload', 'that an authority of another trust domain signed'), async () => {
    const foreign = await svid({}, bank)
    expectT(await house.call({ identity: foreign, agent: await house.agent() }), 'gateway.workload-invalid')
    expectT(
      await house.call({ identity: await svid({}, stranger), agent: await house.agent() }),
      'gateway.workload-invalid',
    )
    const own = await svid({ uris: ['spiffe://bank.example/teller'] }, bank)
    const answer = await house.call({ identity: own, agent: await house.agent({ actor: undefined }) })
    expect(answer.audit[0]).toMatchObject({ outcome: 'permitted', actor: 'spiffe://bank.example/teller' })
  })

  test(proves('attacks:connection:workload', 'behind an authority in between'), async () => {
    const identity = await (await house.authority.below()).issue({ uris: [HELPER] })
    const answer = await house.call({ identity, agent: await house.agent({ actor: undefined }) })
    expect(answer.audit[0]).toMatchObject({ outcome: 'permitted', actor: HELPER })
  })

  test(proves('attacks:connection:workload', 'T134, that expired after the connection was opened'), async () => {
    const identity = await svid({ notAfter: Date.now() + 60_000 })
    const call: TlsCall = { identity, agent: await house.agent({ actor: undefined }) }
    const { session, status } = await house.call(call)
    expect(status).toBe(200)
    ahead = 90_000
    try {
      const agent = await house.agent({ actor: undefined, expiresIn: 600 })
      expectT(await house.call({ ...call, agent, session }), 'gateway.workload-invalid')
    } finally {
      ahead = 0
    }
  })

  test(proves('attacks:connection:workload', 'a certificate that names none takes no part'), async () => {
    const identity = await house.authority.issue({ uris: ['https://client.example'] })
    const answer = await house.call({ identity, agent: await house.agent() })
    expect(answer.audit[0]).toMatchObject({ outcome: 'permitted', actor: HELPER, detail: { actorBasis: 'asserted' } })
  })
})

test(proves('attacks:connection:workload', 'T134, where TLS refuses what it does not verify'), async () => {
  const strict = await openTlsDesk((authority) => ({ workloads: { 'desk.example': { authorities: authority.pem } } }), {
    tls: { rejectUnauthorized: true },
  })
  try {
    const agent = await strict.agent({ actor: undefined })
    const good = await strict.authority.issue({ uris: [HELPER] })
    const expired = await strict.authority.issue({ uris: [HELPER], notAfter: Date.now() - 1_000 })
    expect(await strict.call({ identity: good, agent })).toMatchObject({ status: 200, ran: 1 })
    for (const identity of [expired, await stranger.issue({ uris: [HELPER] }), undefined]) {
      await expect(strict.call({ identity, agent })).rejects.toThrow()
    }
    expect(strict.desk.ran).toHaveLength(1)
    // Certificates name workloads here, and bind no tokens.
    const bound = await strict.agent({ claims: { cnf: { 'x5t#S256': x5t(good) } } })
    expect(await strict.call({ identity: good, agent: bound, scheme: 'Bearer' })).toMatchObject({
      code: 'gateway.token-invalid',
    })
  } finally {
    await strict.close()
  }
})
