import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { casesOf } from '../../packages/layers/1-gateway/test/attack.ts'
import { proofAttacks } from '../../packages/layers/1-gateway/test/proof-attacks.ts'
import { tokenAttacks } from '../../packages/layers/1-gateway/test/token-attacks.ts'
import { NOW, RESOURCE } from '../../packages/layers/1-gateway/test/world.ts'
import { tokenDifferencesPage } from '../../scripts/pages/token-differences.mjs'
import { mutateJwt } from '../fixtures/corpus/mutate-jwt.ts'
import { runs, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { tokenDifferences } from './token-differences.mjs'
import { examplesFor } from './token-examples.ts'
import { explain } from './token-explanations.ts'
import { type Change, createTokenKit } from './token-kit.ts'
import { acceptedByJose, acceptedByOauth4webapi, type Specimen } from './token-oracles.ts'

const kit = createTokenKit()
const { world, make } = kit
const examples = examplesFor(world.agentKey)

/** What each of the three says of one request. */
async function judge(specimen: Specimen, { world, keys } = kit) {
  const outcome = await world.admit({ ...specimen })
  const ours = outcome.ok ? 'accepted' : outcome.denial.code
  const detail = outcome.ok ? '' : outcome.denial.detail
  const [jose, oauth4webapi] = [await acceptedByJose(specimen, keys), await acceptedByOauth4webapi(specimen, keys)]
  return { ours, jose, oauth4webapi, detail }
}

/** What is accepted, both accept; and what one of them accepts and we do not is of a kind that the table says so of. */
async function expectExplained(specimen: Specimen, by = kit): Promise<boolean> {
  const { ours, jose, oauth4webapi, detail } = await judge(specimen, by)
  if (ours === 'accepted') {
    expect({ jose, oauth4webapi }, 'we accept no more than they do').toEqual({ jose: true, oauth4webapi: true })
    return true
  }
  const kinds = explain(specimen, ours === 'gateway.proof-replayed')
  const known = tokenDifferences.filter(({ id }) => kinds.includes(id))
  if (jose)
    expect(
      known.some((one) => one.jose),
      `a row for jose, ${ours} (${detail}): ${kinds}`,
    ).toBe(true)
  if (oauth4webapi)
    expect(
      known.some((one) => one.oauth4webapi),
      `a row for oauth4webapi, ${ours} (${detail}): ${kinds}`,
    ).toBe(true)
  return false
}

test(proves('differential:tokens:honest'), async () => {
  const accepted: Change[] = [
    {},
    { header: { typ: 'AT+JWT' } },
    { header: { typ: 'application/at+jwt' } },
    { claims: { exp: NOW + 60.5, acr: 'mfa', scope: undefined, more: { nested: [1] } } },
    { proofClaims: { htu: 'HTTPS://MCP.EXAMPLE:443/mcp?a=b#c', iat: NOW - 10, nonce: 'x', exp: NOW + 60 } },
    { proofHeader: { jwk: { use: 'sig', kid: 'k', ...world.agentKey.jwk } } },
  ]
  for (const change of accepted) {
    expect(await judge(make(change))).toMatchObject({ ours: 'accepted', jose: true, oauth4webapi: true })
  }
})

test.each(tokenDifferences)(proves('differential:tokens:row', '$id'), async ({ id, jose, oauth4webapi }) => {
  const changes = examples[id] ?? []
  expect(changes.length).toBeGreaterThan(0)
  for (const change of changes) {
    const specimen = make(change)
    const replayed = id === 'replayed' && (await judge(specimen)).ours === 'accepted'
    const verdict = await judge(specimen)
    expect(verdict, 'the row says what happens').toMatchObject({
      ours: expect.stringMatching(/^gateway\.(token|proof|actor|workload)/),
      jose,
      oauth4webapi,
    })
    expect(explain(specimen, replayed)).toContain(id)
  }
})

test(proves('differential:tokens:explained', 'every row has a kind'), () => {
  expect(Object.keys(examples).sort()).toEqual(tokenDifferences.map(({ id }) => id).sort())
  expect(explain(make())).toEqual([])
})

test(proves('differential:tokens:explained', 'the corpus'), async () => {
  const areas = ['JWT access token', 'Credential carriage and DPoP']
  const attacks = areas.flatMap(casesOf).flatMap(({ id }) => [...(tokenAttacks[id] ?? []), ...(proofAttacks[id] ?? [])])
  let tried = 0
  for (const attack of attacks.filter((one) => !one.world)) {
    const own = createTokenKit()
    const sent = await attack.send(own.world)
    if ('ok' in sent || sent.headers || sent.method || sent.url || sent.scheme) continue
    const [authorization, ...proofs] = own.world.request(sent).headers.map(([, value]) => value)
    const [proof] = proofs
    if (proof === undefined || proofs.length > 1) continue
    await expectExplained({ token: authorization?.replace('DPoP ', '') ?? '', proof }, own)
    tried += 1
  }
  expect(tried).toBeGreaterThan(100)
})

const anything = fc.oneof(
  fc.json({ maxDepth: 2 }).map((text): unknown => JSON.parse(text)),
  fc.constantFrom<unknown>(
    '',
    0,
    -1,
    NOW,
    NOW - 1,
    NOW + 1,
    NOW + 9,
    NOW + 11,
    NOW + 61,
    NOW + 301,
    NOW - 301,
    1.5,
    null,
    true,
    [],
  ),
  fc.constantFrom<unknown>(
    RESOURCE,
    [RESOURCE],
    `${RESOURCE}?a`,
    `${RESOURCE}/`,
    'https://MCP.example/mcp',
    'POST',
    'post',
  ),
  fc.constantFrom<unknown>(
    'ES256',
    'at+jwt',
    'dpop+jwt',
    'application/dpop+jwt',
    undefined,
    { sub: 'a' },
    { jkt: 'a' },
  ),
)
const some = (...names: string[]) => fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 2 })
const CLAIMS = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'client_id',
  'scope',
  'act',
  'cnf',
  'acr',
  'auth_time',
  'x',
]
const generated: fc.Arbitrary<Change> = fc.record(
  {
    claims: some(...CLAIMS),
    header: some('typ', 'kid', 'alg', 'crit', 'b64', 'zip', 'jwk', 'x'),
    proofClaims: some('jti', 'htm', 'htu', 'iat', 'ath', 'nonce', 'exp', 'nbf', 'x'),
    proofHeader: some('typ', 'alg', 'crit', 'kid', 'x'),
  },
  { requiredKeys: [] },
)

test(
  proves('differential:tokens:explained', 'generated'),
  async () => {
    let accepted = 0
    const known = fc.constantFrom(...Object.values(examples).flat())
    await fc.assert(
      fc.asyncProperty(generated, fc.option(known), async (change, row) => {
        if (await expectExplained(make({ ...row, ...change }))) accepted += 1
      }),
      { numRuns: runs(1_500) },
    )
    expect(accepted).toBeGreaterThan(20)
  },
  within(240_000),
)

test(
  proves('differential:tokens:explained', 'one change away'),
  async () => {
    const { token, proof } = make()
    for (const changed of mutateJwt(proof, 13)) await expectExplained({ token, proof: changed })
    for (const changed of mutateJwt(token, 13)) await expectExplained(make({ token: () => changed }))
  },
  within(240_000),
)

test(proves('differential:tokens:page'), async () => {
  const page = new URL('../../docs/reference/token-differences.md', import.meta.url)
  expect(readFileSync(page, 'utf8')).toBe(await tokenDifferencesPage())
})
