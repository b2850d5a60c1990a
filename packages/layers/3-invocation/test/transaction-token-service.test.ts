import { CODES, type ErrorCode, LockstepError } from '@lockstep/core'
import { createTransactionTokenService } from '@lockstep/invocation'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import {
  ACCESS_TOKEN,
  ARGUMENTS,
  AUDIENCE,
  admit,
  agentKey,
  agree,
  createWorld,
  FACTS,
  NOW,
  parametersOf,
  TRUST_DOMAIN,
  TTS,
} from './transaction-world.ts'

const TYPE = 'urn:ietf:params:oauth:token-type:'
const noStore = { 'content-type': 'application/json', 'cache-control': 'no-store' }

test(proves('invocation:txn-token:issued'), async () => {
  const world = createWorld()
  const caller = admit()
  const answer = await world.exchange(new URLSearchParams(parametersOf()), caller)
  expect(answer).toMatchObject({ ok: true, status: 200, headers: noStore })
  expect(answer.body).toEqual({
    access_token: expect.any(String),
    issued_token_type: `${TYPE}txn_token`,
    token_type: 'N_A',
    expires_in: 60,
    scope: 'expenses:approve',
  })
  const token = {
    issuer: TTS,
    trustDomain: TRUST_DOMAIN,
    subject: caller.subject,
    actors: [caller.actor.id],
    thumbprint: agentKey.thumbprint,
    scopes: ['expenses:approve'],
    requestingWorkload: 'spiffe://example.org/gateway',
    transaction: { tool: 'approveExpense', audience: AUDIENCE, ...agree(ARGUMENTS) },
    environment: { acr: 'pwd', proof: 'dpop' },
    issuedAt: NOW,
    expiresAt: NOW + 60,
  }
  expect(await world.verifier.verify(String(answer.body.access_token))).toMatchObject({ ok: true, value: token })
  const { body: _, ...evidence } = answer
  expect(evidence).toMatchObject({ token })
  expect(JSON.stringify(evidence)).not.toContain(String(answer.body.access_token))
  expect(world.asked).toEqual([{ caller, facts: FACTS, tool: 'approveExpense', arguments: ARGUMENTS, narrowing: {} }])
})

test(proves('invocation:txn-token:issued', 'for a tool without a resource, through a chain of agents'), async () => {
  const { argumentsDigest, policyVersion } = agree({})
  const world = createWorld(() => ({ ok: true, value: { argumentsDigest, policyVersion } }))
  const actor = { id: 'planner', basis: 'asserted', chain: ['desk', 'phone'] } as const
  const answer = await world.exchange(
    parametersOf({ tool: 'ping', arguments: {} }),
    admit({ actor, assurance: { satisfied: [] } }),
  )
  expect(await world.verifier.verify(String(answer.body.access_token))).toMatchObject({
    ok: true,
    value: {
      actors: ['planner', 'desk', 'phone'],
      transaction: { tool: 'ping', audience: AUDIENCE, argumentsDigest, policyVersion },
      environment: { proof: 'dpop' },
    },
  })
})

type Parameters = readonly (readonly [name: string, value: string])[]

/** The honest parameters with one of them changed, or left out. */
function change(name: string, value: string | undefined): Parameters {
  const others: Parameters = parametersOf().filter(([given]) => given !== name)
  return value === undefined ? others : [...others, [name, value]]
}

const refused = (says: string, parameters: Parameters, error: string, status = 400) => ({
  says,
  parameters,
  error,
  status,
})

describe(proves('invocation:txn-token:request'), () => {
  const names = parametersOf().map(([name]) => name)
  const details = (text: string) => change('request_details', text)
  const call = (args: string) => details(`{"tool":"approveExpense","arguments":${args}}`)
  const refusals = [
    ...names.map((name) => refused(`no ${name}`, change(name, undefined), 'invalid_request')),
    ...names.map((name) => refused(`an empty ${name}`, change(name, ''), 'invalid_request')),
    ...parametersOf().map((pair) => refused(`${pair[0]} twice`, [...parametersOf(), pair], 'invalid_request')),
    ...['actor_token', 'actor_token_type', 'request_context', 'client_id', 'Scope', '__proto__'].map((name) =>
      refused(name, [...parametersOf(), [name, 'x']], 'invalid_request'),
    ),
    refused('another grant', change('grant_type', 'client_credentials'), 'unsupported_grant_type'),
    refused('a foreign audience', change('audience', 'other.org'), 'invalid_target'),
    refused('the server as audience', change('audience', AUDIENCE), 'invalid_target'),
    refused('two audiences', [...parametersOf(), ['audience', 'other.org']], 'invalid_request'),
    refused('a wider scope', change('scope', 'expenses:approve admin'), 'invalid_scope'),
    refused('an unknown scope', change('scope', 'admin'), 'invalid_scope'),
    refused('a malformed scope', change('scope', 'expenses:approve  expenses:read'), 'invalid_scope'),
    refused('a scope twice', change('scope', 'expenses:approve expenses:approve'), 'invalid_scope'),
    refused('an access token wanted', change('requested_token_type', `${TYPE}access_token`), 'invalid_request'),
    ...['refresh_token', 'id_token', 'self_signed', 'unsigned_json', 'jwt'].map((type) =>
      refused(`of ${type}`, change('subject_token_type', `${TYPE}${type}`), 'invalid_request'),
    ),
    refused('details of no JSON', details('{'), 'invalid_request'),
    refused('details of a list', details('[]'), 'invalid_request'),
    refused('details without arguments', details('{"tool":"approveExpense"}'), 'invalid_request'),
    refused('arguments of a list', call('[]'), 'invalid_request'),
    refused('a tool without a name', details('{"tool":"","arguments":{}}'), 'invalid_request'),
    refused('a tool of a long name', details(`{"tool":"${'t'.repeat(257)}","arguments":{}}`), 'invalid_request'),
    refused('details with more to them', details('{"tool":"a","arguments":{},"limits":{}}'), 'invalid_request'),
    refused('a tool twice', details('{"tool":"a","tool":"b","arguments":{}}'), 'invalid_request'),
    refused('an argument twice', call('{"invoiceId":"INV-8831","invoiceId":"INV-9001"}'), 'invalid_request'),
    refused('too many bytes', call(`{"a":"${'x'.repeat(262_144)}"}`), 'invalid_request', 413),
    refused('too deep', call(`${'['.repeat(70)}${']'.repeat(70)}`), 'invalid_request'),
    refused('half a character', details('{"tool":"a","arguments":{"b":"\ud800"}}'), 'invalid_request'),
  ]
  test.each(refusals)('$says', async ({ parameters, error, status }) => {
    const world = createWorld()
    const answer = await world.exchange(parameters)
    expect(answer).toMatchObject({ ok: false, status, headers: noStore, body: { error } })
    expect(Object.keys(answer.body)).toEqual(['error', 'error_description'])
    expect([world.asked.length, world.signed()]).toEqual([0, 0])
    for (const [, value] of parameters) {
      if (value.length > 20) expect(JSON.stringify(answer)).not.toContain(value)
    }
  })

  test.each(['{"a":9007199254740993}', '{"a":1e999}', '{"a":{"__proto__":{}}}', '{"toJSON":1}'])(
    'arguments %s have no canonical form',
    async (args) => {
      const world = createWorld()
      const answer = await world.exchange(call(args))
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', code: 'invocation.arguments-unsafe' },
      })
      expect([world.asked.length, world.signed()]).toEqual([0, 0])
    },
  )
})

describe(proves('invocation:txn-token:subject'), () => {
  test.each([`${ACCESS_TOKEN}x`, ACCESS_TOKEN.slice(1), 'other'])('another subject token', async (other) => {
    const world = createWorld()
    const answer = await world.exchange(change('subject_token', other))
    expect(answer).toMatchObject({ ok: false, status: 400, body: { error: 'invalid_request' } })
    expect([world.asked.length, world.signed()]).toEqual([0, 0])
  })

  test.each([
    { kind: 'bearer' } as const,
    { kind: 'dpop' } as const,
    { kind: 'mtls', thumbprint: agentKey.thumbprint } as const,
    { kind: 'bearer', certificate: agentKey.thumbprint } as const,
  ])('a caller that proved no key: $kind', async (proof) => {
    const world = createWorld()
    const answer = await world.exchange(parametersOf(), admit({ proof }))
    expect(answer).toMatchObject({ ok: false, status: 400, body: { error: 'invalid_request' } })
    expect([world.asked.length, world.signed()]).toEqual([0, 0])
  })

  test('a caller that no gateway sealed', async () => {
    const world = createWorld()
    await expect(world.exchange(parametersOf(), { ...admit() })).rejects.toThrow(TypeError)
    expect([world.asked.length, world.signed()]).toEqual([0, 0])
  })

  test('it does not outlive the access token', async () => {
    const world = createWorld()
    const token = (expiresAt: number) => admit({ token: { id: 'at-1', issuedAt: NOW - 10, expiresAt } })
    expect((await world.exchange(parametersOf(), token(NOW + 9))).body.expires_in).toBe(9)
    const expired = await world.exchange(parametersOf(), token(NOW))
    expect(expired).toMatchObject({ ok: false, status: 400, body: { error: 'invalid_request' } })
    expect(expired.body).not.toHaveProperty('access_token')
  })

  test('it expires while the policy is asked', async () => {
    const world = createWorld((args) => {
      world.setNow(NOW + 301)
      return { ok: true, value: agree(args) }
    })
    const answer = await world.exchange()
    expect(answer).toMatchObject({ ok: false, status: 400, body: { error: 'invalid_request' } })
    expect(answer.body).not.toHaveProperty('access_token')
  })
})

describe(proves('invocation:txn-token:denied'), () => {
  const denials: readonly (readonly [ErrorCode, number, string])[] = [
    ['invocation.denied', 403, 'access_denied'],
    ['discovery.tool-unknown', 403, 'access_denied'],
    ['invocation.approval-required', 403, 'access_denied'],
    ['invocation.arguments-invalid', 400, 'invalid_request'],
    ['policy.evaluation-failed', 503, 'temporarily_unavailable'],
    ['state.unavailable', 503, 'temporarily_unavailable'],
    ['policy.invalid', 500, 'server_error'],
  ]
  const answered = (code: ErrorCode) => ({ error: expect.any(String), error_description: CODES[code].says, code })

  test.each(denials)('%s', async (code, status, error) => {
    const denial = { code, detail: 'told to nobody' }
    const world = createWorld(() => ({ ok: false, denial }))
    const answer = await world.exchange()
    expect(answer).toMatchObject({ ok: false, status, body: { error }, denial })
    expect(answer.body).toEqual(answered(code))
    expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined)
    expect(world.signed()).toBe(0)
  })

  test('what would help is passed on', async () => {
    const acr = { code: 'invocation.denied', unlock: { acr: 'mfa' } } as const
    const stronger = createWorld(() => ({ ok: false, denial: acr }))
    expect(await stronger.exchange()).toMatchObject({ status: 403, denial: acr })
    const approval = { code: 'invocation.approval-required', unlock: { approval: { id: 'apr-1' } } } as const
    const consent = createWorld(() => ({ ok: false, denial: approval }))
    expect(await consent.exchange()).toMatchObject({
      body: { error: 'access_denied', approval_id: 'apr-1' },
      denial: approval,
    })
    expect([stronger.signed(), consent.signed()]).toEqual([0, 0])
  })

  test('a port that fails denies, and its text stays inside', async () => {
    const world = createWorld(() => new LockstepError('policy.facts-unavailable', 'inner text'))
    const answer = await world.exchange()
    expect(answer).toMatchObject({ ok: false, status: 503 })
    expect(JSON.stringify(answer)).not.toContain('inner text')
    const broken = createWorld(() => new Error('a mistake of ours'))
    await expect(broken.exchange()).rejects.toThrow('a mistake of ours')
    expect([world.signed(), broken.signed()]).toEqual([0, 0])
  })
})

test(proves('invocation:txn-token:options', 'of the service'), () => {
  const options = {
    holders: async () => {
      throw new LockstepError('state.unavailable')
    },
    singleUse: { wasConsumed: async () => false, isRevoked: async () => false },
    authorize: async () => ({ ok: false, denial: { code: 'invocation.denied' } }) as const,
    isCaller: (value: unknown): value is ReturnType<typeof admit> => value === undefined,
    trustDomain: TRUST_DOMAIN,
    audienceOf: () => AUDIENCE,
  }
  expect(() => createTransactionTokenService(options)).not.toThrow()
  expect(() => createTransactionTokenService(Object.assign({ scopes: [] }, options))).toThrow('unknown option `scopes`')
  expect(() => createTransactionTokenService(Object.assign({ ...options }, { audienceOf: 'mcp' }))).toThrow(
    '`audienceOf`',
  )
  for (const detailsDepth of [1, 65, Number.NaN]) {
    expect(() => createTransactionTokenService({ ...options, detailsDepth })).toThrow('`detailsDepth`')
  }
  for (const detailsBytes of [0, -1, Number.NaN]) {
    expect(() => createTransactionTokenService({ ...options, detailsBytes })).toThrow('`detailsBytes`')
  }
})
