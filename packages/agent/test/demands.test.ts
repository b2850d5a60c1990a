import { createAgentFetch, createProofKey } from '@lockstep/agent'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { type Answer, claimsOf } from './local-server.ts'
import { calls, challenges, inTurn, refuses, result, says, sent, serve } from './serving.ts'

const key = await createProofKey()
const STEP_UP = 'error="insufficient_user_authentication", acr_values="urn:mfa urn:hw", max_age="60", scope="a b"'
/** Answers the requests with one token, and refuses the others. */
const onlyWith = (token: string, refusal: Answer): Answer => {
  return (request, response, raw) =>
    (request.headers.authorization === `DPoP ${token}` ? says(200, result) : refusal)(request, response, raw)
}
const APPROVAL = { approval: { id: 'request-1' } }

describe('an access token', () => {
  const invalid = challenges(401, 'error="invalid_token"')

  test(proves('agent:token:renewed', 'refused'), async () => {
    const demands: unknown[] = []
    const server = await serve(onlyWith('second', invalid))
    const send = createAgentFetch({
      key,
      accessToken: (demand) => {
        demands.push(demand)
        return demand.refused === undefined ? { accessToken: 'first' } : { accessToken: 'second' }
      },
    })
    const answers = await Promise.all([send(server.origin, calls()), send(server.origin, calls())])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect((await send(server.origin)).status, 'it is kept').toBe(200)
    expect(demands, 'once for both').toEqual([{}, { refused: 'first' }])
    const proofs = sent(server, 'dpop').map(claimsOf)
    expect(new Set(proofs.map(({ jti }) => jti)).size).toBe(server.seen.length)
  })

  test(proves('agent:token:renewed', 'expired'), async () => {
    let now = 1_800_000_000_000
    let turn = 0
    const server = await serve()
    const send = createAgentFetch({
      key,
      clock: () => now,
      accessToken: async () => ({ accessToken: `token-${++turn}`, expiresIn: 60 }),
    })
    await send(server.origin)
    now += 49_000
    await send(server.origin)
    now += 2_000
    await send(server.origin)
    expect(sent(server, 'authorization')).toEqual(['DPoP token-1', 'DPoP token-1', 'DPoP token-2'])
  })

  test(proves('agent:token:renewed', 'by a source that keeps its tokens itself'), async () => {
    let current = 'first'
    const demands: (string | undefined)[] = []
    const server = await serve(onlyWith('second', invalid))
    const send = createAgentFetch({
      key,
      accessToken: ({ refused }) => {
        demands.push(refused)
        if (refused === current) current = 'second'
        return current
      },
    })
    for (let turn = 0; turn < 2; turn++) expect((await send(server.origin, calls())).status).toBe(200)
    expect(demands, 'it is asked for every request').toEqual([undefined, 'first', undefined])
    expect(sent(server, 'authorization')).toEqual(['DPoP first', 'DPoP second', 'DPoP second'])
  })

  test(proves('agent:token:renewed', 'by nothing better'), async () => {
    const server = await serve(invalid)
    for (const accessToken of ['only', () => 'only']) {
      const send = createAgentFetch({ key, accessToken })
      const before = server.seen.length
      expect((await send(server.origin)).status).toBe(401)
      expect(server.seen.length - before, 'a refused token is not sent again').toBe(1)
    }
    let turn = 0
    const send = createAgentFetch({ key, accessToken: () => `token-${++turn}` })
    const before = server.seen.length
    expect((await send(server.origin)).status).toBe(401)
    expect(server.seen.length - before, 'once').toBe(2)
  })
})

describe('a stronger sign-in', () => {
  const strong = onlyWith('strong', challenges(401, STEP_UP))

  test(proves('agent:step-up'), async () => {
    const server = await serve(strong)
    const asked: unknown[] = []
    const send = createAgentFetch({
      key,
      accessToken: 'weak',
      onStepUp: async (demand) => {
        asked.push(demand)
        return 'strong'
      },
    })
    const answers = await Promise.all([send(server.origin, calls()), send(server.origin, calls('other'))])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(asked).toEqual([{ acrValues: ['urn:mfa', 'urn:hw'], maxAge: 60, scope: 'a b' }])
    await send(server.origin, calls())
    expect(sent(server, 'authorization').at(-1), 'the new token stays').toBe('DPoP strong')
    const keys = sent(server, 'idempotency-key')
    expect(new Set(keys).size, 'one key for each call').toBe(3)
    for (const proof of sent(server, 'dpop')) expect(claimsOf(proof).ath).toEqual(expect.any(String))
  })

  test(proves('agent:step-up', 'declined, or nobody there'), async () => {
    const server = await serve(strong)
    for (const onStepUp of [undefined, () => undefined, () => 'weak']) {
      const before = server.seen.length
      const send = createAgentFetch({ key, accessToken: 'weak', onStepUp })
      const answer = await send(server.origin, calls())
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate'), 'the answer is the refusal').toContain(STEP_UP)
      expect(server.seen.length - before).toBe(1)
    }
  })
})

test(proves('agent:scope'), async () => {
  const refusal = challenges(403, 'error="insufficient_scope", scope="a b c"')
  const server = await serve(inTurn(refusal, says(200, result), refusal))
  const asked: unknown[] = []
  const onScope = (demand: { scope: string }) => {
    asked.push(demand)
    return 'wider'
  }
  const send = createAgentFetch({ key, accessToken: 'narrow', onScope })
  expect((await send(server.origin, calls())).status).toBe(200)
  expect(sent(server, 'authorization')).toEqual(['DPoP narrow', 'DPoP wider'])
  expect(asked).toEqual([{ scope: 'a b c' }])
  expect((await createAgentFetch({ key, accessToken: 'narrow' })(server.origin, calls())).status).toBe(403)
  expect(server.seen).toHaveLength(3)
})

describe('the consent of a second person', () => {
  test(proves('agent:approval'), async () => {
    const server = await serve(inTurn(refuses(403, 'invocation.approval-required', APPROVAL), says(200, result)))
    const asked: unknown[] = []
    const send = createAgentFetch({
      key,
      accessToken: 'token',
      onApproval: async ({ signal: _, ...demand }) => {
        asked.push(demand)
        return 'approved'
      },
    })
    expect((await send(`${server.origin}/mcp`, calls())).status).toBe(200)
    expect(asked).toEqual([
      { id: 'request-1', url: `${server.origin}/.lockstep/approvals/request-1`, tool: 'pay', arguments: { id: 'a' } },
    ])
    const [first, second] = sent(server, 'idempotency-key')
    expect(second).toBe(first)
  })

  test(proves('agent:approval', 'not asked for again after a lost answer'), async () => {
    const required = refuses(403, 'invocation.approval-required', APPROVAL)
    const server = await serve(inTurn(required, (_, response) => void response.destroy(), required))
    const asked: string[] = []
    const onApproval = async ({ id }: { id: string }) => {
      asked.push(id)
      return 'approved' as const
    }
    const options = { key, accessToken: 'token', onApproval, lostAnswers: 'ask-again', tries: 5 } as const
    expect((await createAgentFetch(options)(server.origin, calls())).status).toBe(403)
    expect(asked).toEqual(['request-1'])
    expect(server.seen).toHaveLength(3)
  })

  test(proves('agent:approval', 'not given'), async () => {
    const server = await serve(refuses(403, 'invocation.approval-required', APPROVAL))
    for (const onApproval of [undefined, async () => undefined]) {
      const before = server.seen.length
      const answer = await createAgentFetch({ key, accessToken: 'token', onApproval })(server.origin, calls())
      expect(await answer.json()).toMatchObject({ error: { data: { code: 'invocation.approval-required' } } })
      expect(server.seen.length - before).toBe(1)
    }
  })

  test(proves('agent:approval', 'an id that is none'), async () => {
    const server = await serve(refuses(403, 'invocation.approval-required', { approval: { id: '../token' } }))
    const onApproval = async () => expect.unreachable()
    expect((await createAgentFetch({ key, accessToken: 'token', onApproval })(server.origin, calls())).status).toBe(403)
  })
})

/** Every demand that a server can make. */
const DEMANDS: Readonly<Record<string, Answer>> = {
  nonce: (_, response) =>
    response.writeHead(401, {
      'www-authenticate': 'DPoP error="use_dpop_nonce"',
      'dpop-nonce': `n-${Math.random()}`,
    }),
  token: challenges(401, 'error="invalid_token"'),
  'step-up': challenges(401, STEP_UP),
  scope: challenges(403, 'error="insufficient_scope", scope="a"'),
  approval: refuses(403, 'invocation.approval-required', APPROVAL),
  'txn-token': refuses(403, 'invocation.txn-token-missing'),
  wait: refuses(409, 'invocation.in-progress'),
}

test(proves('agent:retry:bounded'), async () => {
  const script = fc.array(fc.constantFrom(...Object.keys(DEMANDS)), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(script, async (demands) => {
      const server = await serve((request, ...rest) => {
        if (request.path !== '/mcp') {
          const issued = { access_token: 't', issued_token_type: 'urn:ietf:params:oauth:token-type:txn_token' }
          return says(200, { ...issued, token_type: 'N_A' })(request, ...rest)
        }
        const turn = server.seen.filter(({ path }) => path === '/mcp').length - 1
        return DEMANDS[demands[turn % demands.length] ?? 'token']?.(request, ...rest)
      })
      let turn = 0
      const send = createAgentFetch({
        key,
        accessToken: () => `token-${++turn}`,
        onStepUp: () => `token-${++turn}`,
        onScope: () => `token-${++turn}`,
        onApproval: async () => 'approved',
        txnTokens: { trustDomain: 'example', scope: 'a' },
        patience: 0,
      })
      const answer = await send(`${server.origin}/mcp`, calls())
      expect(answer.status).toBeGreaterThanOrEqual(401)
      const attempts = server.seen.filter(({ path }) => path === '/mcp')
      // Five demands, each met once, and each attempt asked for a nonce once.
      expect(attempts.length).toBeLessThanOrEqual((1 + 5) * 2)
      expect(new Set(attempts.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
      expect(new Set(sent(server, 'dpop').map((proof) => claimsOf(proof).jti)).size).toBe(server.seen.length)
      await server.close()
    }),
    { numRuns: 25 },
  )
})

test(proves('agent:retry:bounded', 'as often as configured'), async () => {
  const server = await serve(challenges(401, 'error="invalid_token"'))
  let turn = 0
  const send = createAgentFetch({ key, accessToken: () => `token-${++turn}`, tries: 3 })
  expect((await send(server.origin)).status).toBe(401)
  expect(server.seen).toHaveLength(4)
})
