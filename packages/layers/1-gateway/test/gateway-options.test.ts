import { type Caller, createSeal } from '@lockstep/core'
import { createGateway, type GatewayOptions } from '@lockstep/gateway'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { pair } from './forge.ts'
import { createStore, ISSUER, RESOURCE } from './world.ts'

const UNREADABLE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
const jwks = { keys: [pair().jwk] }
const good: GatewayOptions = {
  resource: RESOURCE,
  issuers: [{ issuer: ISSUER, jwks }],
  singleUse: createStore(() => 0).store,
  seal: createSeal<Caller>().seal,
}

test(proves('gateway:options:checked', 'good options'), () => {
  expect(() => createGateway(good)).not.toThrow()
})

test.each<[string, object]>([
  ['unknown option', { audiences: [] }],
  ['unknown issuer option', { issuers: [{ issuer: ISSUER, jwks, audiences: 'x' }] }],
  ['an unknown preset', { issuers: [{ issuer: ISSUER, jwks, preset: 'toString' }] }],
  ['an empty audience', { issuers: [{ issuer: ISSUER, jwks, audience: '' }] }],
  ['unknown proof option', { proof: { leeway: 5 } }],
  ['no issuer', { issuers: [] }],
  ['the same issuer twice', { issuers: [good.issuers[0], good.issuers[0]] }],
  ['no keys', { issuers: [{ issuer: ISSUER }] }],
  ['two sources of keys', { issuers: [{ issuer: ISSUER, jwks, jwksUri: 'https://as.example/jwks' }] }],
  ['keys over http', { issuers: [{ issuer: ISSUER, jwksUri: 'http://as.example/jwks' }] }],
  ['a symmetric algorithm', { issuers: [{ issuer: ISSUER, jwks, algorithms: ['HS256'] }] }],
  ['no algorithm', { proof: { algorithms: [] } }],
  ['none', { proof: { algorithms: ['none'] } }],
  ['a window of an hour', { proof: { window: 3600 } }],
  ['audiences as one text', { issuers: [{ issuer: ISSUER, jwks, multiAudience: 'https://other.example' }] }],
  ['an audience without a name', { issuers: [{ issuer: ISSUER, jwks, multiAudience: [''] }] }],
  ['an endless life', { issuers: [{ issuer: ISSUER, jwks, maxLifetime: Number.POSITIVE_INFINITY }] }],
  ['a date that is none', { issuers: [{ issuer: ISSUER, jwks, bearerUntil: new Date('soon') }] }],
  ['a date as text', { issuers: [{ issuer: ISSUER, jwks, bearerUntil: '2030-01-01' }] }],
  ['a relative resource', { resource: '/mcp' }],
  ['a resource with a query', { resource: `${RESOURCE}?a` }],
  ['a scope with a quote', { scopes: ['a"b'] }],
  ['a nonce that is optional', { proof: { nonce: true } }],
  ['nonces without a key', { proof: { nonce: 'required' } }],
  ['nonces with a short key', { proof: { nonce: 'required' }, nonceKey: new Uint8Array(16) }],
  ['certificates that are required', { proof: { certificates: 'required' } }],
  ['an autonomous actor without a name', { autonomous: [''] }],
  ['a trust domain in capitals', { workloads: { 'Prod.example': { authorities: '' } } }],
  ['a trust domain with a path', { workloads: { 'prod.example/a': { authorities: '' } } }],
  ['a trust domain without authorities', { workloads: { 'prod.example': { authorities: 'none' } } }],
  ['authorities that are no certificates', { workloads: { 'prod.example': { authorities: UNREADABLE } } }],
  ['an unknown option of a trust domain', { workloads: { 'prod.example': { bundle: '' } } }],
  ['an acr twice', { acrValues: ['a', 'a'] }],
  ['an empty actor', { actors: { client: '' } }],
])(proves('gateway:options:checked', '%s'), (_, change) => {
  expect(() => createGateway({ ...good, ...change })).toThrow(TypeError)
})
