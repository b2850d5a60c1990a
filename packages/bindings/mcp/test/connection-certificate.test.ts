import { X509Certificate } from 'node:crypto'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createAuthority } from '../../../../test/fixtures/certificates/authority.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { connectionCertificate } from '../src/http/connection-certificate.ts'

// What TLS itself leads to is tried over real connections in test/attacks/connection-identity.test.ts.
test.each([
  ['verified', {}, 'taken'],
  ['after a renegotiation that was not verified', { authorizationError: 'CERT_HAS_EXPIRED' }, 'unverified'],
  ['whose state is not known', { authorized: undefined }, 'unverified'],
  ['on a socket that is not encrypted', { encrypted: undefined }, undefined],
  ['of a connection without one', { getPeerX509Certificate: () => undefined }, undefined],
] as const)(proves('edge:connection-certificate', '%s'), async (_, state, expected) => {
  const { leaf } = await (await createAuthority()).issue()
  const getPeerX509Certificate = () => new X509Certificate(leaf)
  const socket = Object.assign(new Socket(), { encrypted: true, authorized: true, getPeerX509Certificate, ...state })
  const taken = expected === 'taken' ? { leaf, intermediates: [] } : expected
  expect(connectionCertificate(socket)).toEqual(taken)
})
