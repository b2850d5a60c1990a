import { readFile } from 'node:fs/promises'
import { createAccessTokenVerifier, createSigningKey, signJwt, toolCallDetailsSchema } from '@lockstep/tokens'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { proves } from '../../../../test/requirements/index.ts'

const NOW = 1_800_000_000
const AUDIENCE = 'https://mcp.example/mcp'
const ISSUER = 'https://as.example'
const key = await createSigningKey()
const verifier = createAccessTokenVerifier({
  issuers: [{ issuer: ISSUER, jwks: { keys: [{ ...key.publicJwk, kid: key.thumbprint }] } }],
  audience: AUDIENCE,
  clock: () => NOW * 1000,
})

type Claims = Parameters<typeof signJwt>[2]
const detail: Claims = { type: 'mcp_tool_call', locations: [AUDIENCE], tool: 'approveExpense' }
const bound = (one: Claims[string]): Claims => ({ ...detail, arguments: { amount: one } })

async function judge(details: Claims[string]) {
  const claims = {
    ...{ iss: ISSUER, aud: AUDIENCE, sub: 'user:alice', client_id: 'planner', jti: '1', iat: NOW, exp: NOW + 60 },
    authorization_details: details,
  }
  return verifier.verify(await signJwt(key, 'at+jwt', claims))
}

const good: readonly (readonly [string, Claims])[] = [
  ['a tool', detail],
  ['no bounds', { ...detail, arguments: {} }],
  ['another server too', { ...detail, locations: [AUDIENCE, 'https://other.example/mcp'] }],
  ['one value', bound({ equals: 'INV-8831' })],
  ['no value', bound({ equals: null })],
  ['a whole object', bound({ equals: { a: [1, { b: true }] } })],
  ['one of several', bound({ oneOf: ['42', 7, true] })],
  ['at most', bound({ atMost: 5000 })],
  ['at least', bound({ atLeast: 0.5 })],
  ['between', bound({ atLeast: 1, atMost: 2 })],
]

const bad: readonly (readonly [string, Claims])[] = [
  ['an unknown type', { ...detail, type: 'payment_initiation' }],
  ['no type', { locations: [AUDIENCE], tool: 'approveExpense' }],
  ['an unknown field', { ...detail, actions: ['call'] }],
  ['a field in another spelling', { ...detail, argument: { amount: { atMost: 1 } } }],
  ['no tool', { type: 'mcp_tool_call', locations: [AUDIENCE] }],
  ['an empty tool', { ...detail, tool: '' }],
  ['several tools', { ...detail, tool: ['a', 'b'] }],
  ['no location', { type: 'mcp_tool_call', tool: 'approveExpense' }],
  ['locations of nothing', { ...detail, locations: [] }],
  ['a location as text', { ...detail, locations: AUDIENCE }],
  ['arguments as a list', { ...detail, arguments: [] }],
  ['a bare value', bound(5000)],
  ['a bound of nothing', bound({})],
  ['an unknown bound', bound({ lessThan: 5000 })],
  ['a known bound with an unknown one', bound({ atMost: 5000, currency: 'EUR' })],
  ['two kinds of bounds', bound({ equals: 1, atMost: 5000 })],
  ['one of nothing', bound({ oneOf: [] })],
  ['one of objects', bound({ oneOf: [{}] })],
  ['a bound as text', bound({ atMost: '5000' })],
  ['a bound of null', bound({ atMost: null })],
]

describe(proves('gateway:details:read'), () => {
  test.each(good)('%s', async (_, one) => {
    const outcome = await judge([one])
    expect(outcome).toMatchObject({ ok: true, value: { authorizationDetails: [one] } })
    if (outcome.ok) expect(Object.isFrozen(outcome.value.authorizationDetails?.[0]?.locations)).toBe(true)
  })

  test.each(bad)('refused: %s', async (_, one) => {
    const refused = { ok: false, denial: { code: 'gateway.token-invalid' } }
    expect(await judge([one])).toMatchObject(refused)
    expect(await judge([detail, one]), 'beside a good one').toMatchObject(refused)
  })

  test.each([null, {}, [], 'mcp_tool_call', [null], [[detail]], Array.from({ length: 33 }, () => detail)])(
    'refused: no list of details %#',
    async (claim) => {
      expect(await judge(claim)).toMatchObject({ ok: false, denial: { code: 'gateway.token-invalid' } })
    },
  )
})

test(proves('gateway:details:schema', 'the page is the schema'), async () => {
  const page = new URL('../../../../docs/reference/mcp_tool_call.schema.json', import.meta.url)
  expect(JSON.parse(await readFile(page, 'utf8'))).toEqual(toolCallDetailsSchema())
})

test(proves('gateway:details:schema'), () => {
  const published = z.fromJSONSchema(toolCallDetailsSchema())
  for (const [says, one] of good) expect(published.safeParse(one).success, says).toBe(true)
  for (const [says, one] of bad) expect(published.safeParse(one).success, says).toBe(false)
})
