import { type AgentFetchOptions, createAgentFetch, createProofKey } from '@lockstep/agent'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import type { Answer } from './local-server.ts'
import { calls, challenges, inTurn, refuses, result, says, serve } from './serving.ts'

const key = await createProofKey()
const never = () => new Promise<never>(() => {})

describe('whoever gives up', () => {
  const silent: Answer = (_, response) => new Promise((resolve) => response.once('close', resolve))
  const stepUp = challenges(401, 'error="insufficient_user_authentication", acr_values="urn:mfa"')
  const steps: [string, Answer, Partial<AgentFetchOptions>][] = [
    ['before anything was sent', says(200, result), {}],
    ['while the token is fetched', says(200, result), { accessToken: never }],
    ['while another token is fetched', challenges(401, 'error="invalid_token"'), { accessToken: renewing() }],
    ['while the server is silent', silent, {}],
    ['while somebody signs in', stepUp, { onStepUp: never }],
    [
      'while somebody consents',
      refuses(403, 'invocation.approval-required', { approval: { id: 'a' } }),
      { onApproval: never },
    ],
    ['while the call runs', refuses(409, 'invocation.in-progress'), {}],
    ['while a transaction token is issued', silent, { txnTokens: { trustDomain: 'd', scope: 's', when: 'always' } }],
    ['while it waits to ask again', (_, response) => void response.destroy(), { lostAnswers: 'ask-again' }],
  ]
  function renewing() {
    return ({ refused }: { refused?: string }) => (refused === undefined ? 'token' : never())
  }

  test.each(steps)(proves('agent:aborted', '%s'), async (step, answer, options) => {
    const giveUp = new AbortController()
    const server = await serve((request, response, raw) => {
      // As soon as this very request is dealt with.
      setTimeout(() => giveUp.abort(new Error('given up')), 20)
      return answer(request, response, raw)
    })
    if (step.startsWith('before')) giveUp.abort(new Error('given up'))
    if (step.endsWith('the token is fetched')) setTimeout(() => giveUp.abort(new Error('given up')), 20)
    const send = createAgentFetch({ key, accessToken: 'token', ...options })
    await expect(send(server.origin, { ...calls(), signal: giveUp.signal })).rejects.toThrow('given up')
    expect(server.seen.length).toBeLessThanOrEqual(1)
  })

  test(proves('agent:aborted', 'disturbs nobody else'), async () => {
    const server = await serve((request, response, raw) =>
      (request.headers.authorization === 'DPoP strong' ? says(200, result) : stepUp)(request, response, raw),
    )
    const giveUp = new AbortController()
    let signIn = (_: string) => {}
    const asked: unknown[] = []
    const onStepUp = (demand: unknown) => {
      asked.push(demand)
      return new Promise<string>((resolve) => {
        signIn = resolve
      })
    }
    const send = createAgentFetch({ key, accessToken: 'weak', onStepUp })
    const [one, other] = [send(server.origin, { ...calls(), signal: giveUp.signal }), send(server.origin, calls())]
    while (server.seen.length < 2 || asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    giveUp.abort(new Error('given up'))
    await expect(one).rejects.toThrow('given up')
    signIn('strong')
    expect((await other).status).toBe(200)
    expect(asked).toHaveLength(1)
  })
})

describe('a body', () => {
  const refused = inTurn.bind(undefined, challenges(401, 'error="invalid_token"'), says(200, result))
  const twice = () => ({ key, accessToken: tokens() })
  const tokens = () => {
    let turn = 0
    return () => `token-${++turn}`
  }

  test(proves('agent:body', 'that is a stream is sent once'), async () => {
    async function* parts() {
      yield Buffer.from('text')
    }
    for (const body of [new Blob(['text']).stream(), ReadableStream.from(parts())]) {
      const server = await serve(refused())
      const init: RequestInit = { method: 'POST', body, duplex: 'half' }
      expect((await createAgentFetch(twice())(server.origin, init)).status).toBe(401)
      expect(server.seen.map((request) => request.body)).toEqual(['text'])
    }
  })

  test.each([
    ['a text', 'text'],
    ['bytes', Buffer.from('text')],
    ['a blob', new Blob(['text'])],
    ['a form', new URLSearchParams({ text: '' })],
  ])(proves('agent:body', 'that is %s may be sent again'), async (_, body) => {
    const server = await serve(refused())
    expect((await createAgentFetch(twice())(server.origin, { method: 'POST', body })).status).toBe(200)
    expect(server.seen.map((request) => request.body.replace('=', ''))).toEqual(['text', 'text'])
  })

  test(proves('agent:body', 'of a Request is kept up to a bound'), async () => {
    for (const [length, status] of [
      [1_048_576, 200],
      [1_048_577, 401],
    ] as const) {
      const server = await serve(refused())
      const body = 'x'.repeat(length)
      const answer = await createAgentFetch(twice())(new Request(server.origin, { method: 'POST', body }))
      expect(answer.status).toBe(status)
      expect(server.seen.every((request) => request.body === body)).toBe(true)
    }
  })
})

describe('errors', () => {
  test(proves('agent:errors', 'a redirect'), async () => {
    const other = await serve()
    const server = await serve((_, response) => response.writeHead(308, { location: `${other.origin}/mcp` }))
    const send = createAgentFetch({ key, accessToken: 'token', lostAnswers: 'ask-again' })
    const error = await send(server.origin, { ...calls(), redirect: 'follow' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'LockstepError', code: 'agent.redirected', layer: 'agent' })
    expect([server.seen.length, other.seen.length]).toEqual([1, 0])
  })

  test(proves('agent:errors', 'a token that cannot be sent'), async () => {
    const server = await serve()
    for (const given of ['', 'CANARY two', 'CANARY\r\nx: y', { accessToken: '' }]) {
      const error = await createAgentFetch({ key, accessToken: () => given })(server.origin).catch((e: unknown) => e)
      expect(error).toMatchObject({ code: 'agent.token-unusable' })
      expect(String(error)).not.toContain('CANARY')
      if (typeof given === 'string') expect(() => createAgentFetch({ key, accessToken: given })).toThrow(TypeError)
    }
    const failing = createAgentFetch({ key, accessToken: () => Promise.reject(new Error('the source failed')) })
    await expect(failing(server.origin)).rejects.toThrow('the source failed')
    await expect(failing(server.origin), 'it is asked again').rejects.toThrow('the source failed')
    expect(server.seen).toHaveLength(0)
  })

  test.each([
    [{ lostAnswers: 'always' }, '`lostAnswers`'],
    [{ tries: 0 }, '`tries`'],
    [{ tries: 6 }, '`tries`'],
    [{ timeout: 0 }, '`timeout`'],
    [{ patience: -1 }, '`patience`'],
    [{ patience: Number.NaN }, '`patience`'],
    [{ txnTokens: { trustDomain: 'd', scope: 's', wen: 'always' } }, 'unknown option `wen`'],
    [{ txnTokens: { trustDomain: 'd', scope: 's', when: 'never' } }, '`txnTokens.when`'],
    [{ onStepup: () => undefined }, 'unknown option `onStepup`'],
  ])(proves('agent:errors', 'options that cannot be meant: %o'), (options, message) => {
    expect(() => createAgentFetch(Object.assign({ key, accessToken: 'token' }, options as object))).toThrow(message)
  })
})
