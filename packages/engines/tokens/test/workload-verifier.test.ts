import { createWorkloadVerifier, type WorkloadVerifier } from '@lockstep/tokens'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Authority,
  type CertificateOptions,
  createAuthority,
} from '../../../../test/fixtures/certificates/authority.ts'
import { ExtendedKeyUsage, KeyUsageFlags } from '../../../../test/fixtures/certificates/x509.ts'
import { proves } from '../../../../test/requirements/index.ts'

const ID = 'spiffe://desk.example/agents/helper'
const HOUR = 3_600_000
const INVALID = { ok: false, denial: { code: 'gateway.workload-invalid', detail: expect.any(String) } }

let desk: Authority
let bank: Authority
let now = Date.now()
let workloads: WorkloadVerifier

beforeAll(async () => {
  desk = await createAuthority('desk')
  bank = await createAuthority('bank')
  workloads = createWorkloadVerifier({
    trustDomains: { 'desk.example': { authorities: desk.pem }, 'bank.example': { authorities: bank.pem } },
    clock: () => now,
  })
})

const judge = async (options: CertificateOptions, authority = desk) => workloads.verify(await authority.issue(options))

test(proves('gateway:workload:svid'), async () => {
  expect(await judge({ uris: [ID] })).toEqual({ ok: true, value: ID })
  expect(await judge({ uris: ['spiffe://bank.example/a_b.C-1/x'] }, bank)).toMatchObject({ ok: true })
  expect(await judge({ uris: [ID], purposes: undefined })).toMatchObject({ ok: true })
  expect(await judge({ uris: [ID], subject: '', namesCritical: true })).toMatchObject({ ok: true })
  const authorities = `${bank.pem}\n${desk.pem}`
  const rotated = createWorkloadVerifier({ trustDomains: { 'desk.example': { authorities } } })
  for (const authority of [desk, bank])
    expect(rotated.verify(await authority.issue({ uris: [ID] }))).toMatchObject({ ok: true })
})

test(proves('gateway:workload:svid', 'a certificate that claims no SPIFFE ID names nobody'), async () => {
  for (const uris of [[], ['https://desk.example/agents/helper'], ['urn:spiffe:x', 'https://a.example']]) {
    expect(await judge({ uris })).toEqual({ ok: true, value: undefined })
  }
})

test.each([
  'spiffe://other.example/agents/helper',
  'spiffe://desk.example.evil/agents/helper',
  'spiffe://DESK.example/agents/helper',
  'SPIFFE://desk.example/agents/helper',
  'Spiffe://desk.example/agents/helper',
  ' spiffe://desk.example/agents/helper',
  'spiffe:desk.example/agents/helper',
  'spiffe://user@desk.example/agents/helper',
  'spiffe://desk.example:443/agents/helper',
  'spiffe://desk.example/agents/helper?a',
  'spiffe://desk.example/agents/helper#a',
  'spiffe://desk.example/agents/%68elper',
  'spiffe://desk.example/agents/%2e%2e/helper',
  'spiffe://desk.example/agents/../helper',
  'spiffe://desk.example/./helper',
  'spiffe://desk.example//helper',
  'spiffe://desk.example/agents/helper/',
  'spiffe://desk.example/agents/helper\n',
  'spiffe://desk.example/agents/hel per',
  'spiffe://desk.example/',
  'spiffe://desk.example',
  'spiffe:///agents/helper',
  `spiffe://desk.example/${'a'.repeat(2048)}`,
])(proves('gateway:workload:svid', 'T136, %s'), async (uri) => {
  expect(await judge({ uris: [uri] })).toEqual(INVALID)
})

test.each<[string, CertificateOptions]>([
  ['T137, a signing certificate', { ca: true }],
  ['T137, that may sign certificates', { usages: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign }],
  ['T137, that may sign revocations', { usages: KeyUsageFlags.digitalSignature | KeyUsageFlags.cRLSign }],
  ['no digital signature', { usages: KeyUsageFlags.keyAgreement }],
  ['no key usage', { usages: undefined }],
  ['key usage that may be ignored', { usagesCritical: false }],
  ['another purpose', { purposes: [ExtendedKeyUsage.clientAuth] }],
  ['names that may be ignored', { subject: '' }],
  ['two identities', { uris: [ID, 'spiffe://desk.example/agents/other'] }],
  ['the same identity twice', { uris: [ID, ID] }],
  ['an identity and a URL', { uris: ['https://desk.example/', ID] }],
  ['T134, expired', { notBefore: Date.now() - 2 * HOUR, notAfter: Date.now() - 1_000 }],
  ['T134, not yet valid', { notBefore: Date.now() + HOUR / 2 }],
])(proves('gateway:workload:svid', '%s'), async (_, options) => {
  expect(await judge({ uris: [ID], ...options })).toEqual(INVALID)
})

test(proves('gateway:workload:svid', 'TLS did not verify it'), () => {
  expect(workloads.verify('unverified')).toEqual(INVALID)
  const garbage = Buffer.from('3000', 'hex')
  expect(workloads.verify({ leaf: garbage, intermediates: [] })).toEqual(INVALID)
})

describe('authorities', () => {
  test(proves('gateway:workload:authority'), async () => {
    expect(await judge({ uris: [ID] }, bank)).toEqual(INVALID)
    expect(await judge({ uris: ['spiffe://bank.example/a'] }, desk)).toEqual(INVALID)
    // The same name, another key.
    expect(await judge({ uris: [ID] }, await createAuthority('desk'))).toEqual(INVALID)
  })

  test(proves('gateway:workload:authority', 'between'), async () => {
    const between = await (await desk.below()).below()
    const identity = await between.issue({ uris: [ID] })
    expect(identity.intermediates).toHaveLength(2)
    expect(workloads.verify({ ...identity, intermediates: [] })).toEqual(INVALID)
    expect(workloads.verify({ ...identity, intermediates: identity.intermediates.toReversed() })).toEqual({
      ok: true,
      value: ID,
    })
    const foreign = await (await bank.below()).issue({ uris: [ID] })
    expect(workloads.verify(foreign)).toEqual(INVALID)
    // A leaf is no authority, whatever it signs, and an authority that has ended is none any more.
    for (const options of [{ ca: false }, { notAfter: now - 1_000 }]) {
      const below = await desk.below(options)
      expect(workloads.verify(await below.issue({ uris: [ID] }))).toEqual(INVALID)
    }
    const garbage = { ...(await desk.issue({ uris: [ID] })), intermediates: [Buffer.from('3000', 'hex')] }
    expect(workloads.verify(garbage)).toEqual(INVALID)
  })

  test(proves('gateway:workload:authority', 'that rotate'), async () => {
    let told = () => desk.pem
    const rotating = createWorkloadVerifier({ trustDomains: { 'desk.example': { authorities: () => told() } } })
    const [before, after] = [await desk.issue({ uris: [ID] }), await bank.issue({ uris: [ID] })]
    const judged = () => [before, after].map((identity) => rotating.verify(identity).ok)
    expect(judged()).toEqual([true, false])
    told = () => `${desk.pem}${bank.pem}`
    expect(judged()).toEqual([true, true])
    told = () => bank.pem
    expect(judged()).toEqual([false, true])
    // Authorities that cannot be had revoke everybody, and so does an empty bundle.
    const gone = () => {
      throw new Error('the file is gone')
    }
    for (const none of [gone, () => '', gone]) {
      told = none
      expect(judged()).toEqual([false, false])
    }
    told = () => bank.pem
    expect(judged()).toEqual([false, true])
  })

  test(proves('gateway:workload:authority', 'remembered until it ends'), async () => {
    const start = now
    const identity = await desk.issue({ uris: [ID], notAfter: start + 60_000 })
    expect(workloads.verify(identity)).toMatchObject({ ok: true })
    // Remembered by the certificate alone, whatever comes with it.
    expect(workloads.verify({ ...identity, intermediates: [] })).toMatchObject({ ok: true })
    now = start + 61_000
    expect(workloads.verify(identity)).toEqual(INVALID)
    now = start
  })
})
