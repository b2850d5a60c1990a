import type { JsonObject } from '@lockstep/core'
import { createProofKey, signProof } from '@lockstep/tokens'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { codeOf, greet, LINE_LIMITS, openLineDesk, until } from '../fixtures/stdio/line-desk.ts'
import { openLine, proofFor } from '../fixtures/stdio/open-line.ts'
import { proves } from '../requirements/index.ts'

const { desk, agent, clock, sign, move, launched, serving, scripted } = await openLineDesk()
afterAll(() => desk.lockstep.close())
beforeEach(() => void desk.ran.splice(0))

describe('a line', () => {
  test.each([
    ['no JSON', 'hello', 'gateway.body-malformed'],
    ['no object', '7', 'gateway.body-malformed'],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 'gateway.body-malformed'],
    ['another JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"ping"}', 'gateway.body-malformed'],
    ['an id that is none', '{"jsonrpc":"2.0","id":{},"method":"ping"}', 'gateway.body-malformed'],
    ['a call that asks for no answer', '{"jsonrpc":"2.0","method":"tools/call","params":{}}', 'gateway.body-malformed'],
    [
      'a member twice',
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
      'gateway.body-duplicate-member',
    ],
    [
      'a member twice, written otherwise',
      '{"jsonrpc":"2.0","id":1,"method":"ping","\\u006dethod":"x"}',
      'gateway.body-duplicate-member',
    ],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      'gateway.body-malformed',
    ],
    [
      'a depth',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(80)}1${'}'.repeat(80)}}`,
      'gateway.body-too-deep',
    ],
    [
      'a length',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${'x'.repeat(9_000)}"}}`,
      'gateway.body-too-large',
    ],
    [
      'an authorization of another form',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"lockstep/authorization":"DPoP x"}}}',
      'gateway.credentials-malformed',
    ],
    [
      'an authorization with more',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"lockstep/authorization":{"accessToken":"x","proof":"y","trust":true}}}}',
      'gateway.credentials-malformed',
    ],
    [
      'a proof of another form',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"lockstep/authorization":{"accessToken":"x","proof":["y"]}}}}',
      'gateway.credentials-malformed',
    ],
    [
      'a key of another form',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"lockstep/idempotency-key":7}}}',
      'gateway.credentials-malformed',
    ],
  ])(proves('stdio:line:strict', '%s'), async (_, bytes, code) => {
    const { line, reached } = await scripted()
    const before = desk.audit.events.length
    line.raw(bytes)
    line.raw('\n')
    const id = code === 'gateway.credentials-malformed' ? 1 : null
    expect(await codeOf(line, id)).toBe(code)
    expect(reached).toEqual([])
    expect(desk.audit.events.slice(before)).toMatchObject([{ step: 'gateway', outcome: 'denied', code }])
    // The line goes on.
    line.send(await sign({ id: 'next', method: 'ping' }))
    await until(() => reached.length === 1)
    expect(reached[0]).toEqual({ jsonrpc: '2.0', id: expect.any(String), method: 'ping', params: {} })
  })

  test(proves('stdio:line:strict', 'without an end'), async () => {
    const { line, reached } = await scripted()
    line.raw(JSON.stringify(await sign({ id: 1, method: 'ping' })))
    line.input.end()
    await new Promise((resolve) => {
      line.transport.onclose = () => resolve(undefined)
    })
    expect(reached).toEqual([])
    expect(line.left).toEqual([])
  })

  test(proves('stdio:line:bounded'), async () => {
    const { line, reached } = await scripted()
    const before = process.memoryUsage().arrayBuffers
    // A hundred megabytes without an end, and as much as a body may measure after it.
    const chunk = Buffer.alloc(1_048_576, 0x61)
    for (let sent = 0; sent < 100; sent += 1) {
      if (!line.input.write(chunk)) await new Promise((resolve) => line.input.once('drain', resolve))
    }
    expect(await codeOf(line, null), 'as soon as it is known').toBe('gateway.body-too-large')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
    line.raw('\n')
    line.send(await sign({ id: 'next', method: 'ping' }))
    await until(() => reached.length === 1)
    expect(line.left, 'told once').toHaveLength(1)
  })
})

describe('who sends it', () => {
  test(proves('stdio:credentials'), async () => {
    const line = await serving()
    const other = await createProofKey()
    const refused = async (id: number, message: object, code: string) => {
      line.send(message)
      expect(await codeOf(line, id), String(id)).toBe(code)
    }
    const withAuthorization = (id: number, authorization: JsonObject) => ({
      jsonrpc: '2.0',
      ...greet(id),
      params: { ...greet(id).params, _meta: { 'lockstep/authorization': authorization } },
    })
    const { accessToken } = agent
    const proof = (changes: object) =>
      signProof(agent.key, { method: 'POST', url: new URL(RESOURCE), accessToken, clock, ...changes })
    await refused(1, { jsonrpc: '2.0', ...greet(1) }, 'gateway.credentials-missing')
    await refused(2, withAuthorization(2, { accessToken }), 'gateway.token-scheme')
    await refused(3, withAuthorization(3, { accessToken, proof: '' }), 'gateway.proof-invalid')
    const foreign = await signProof(other, { method: 'POST', url: new URL(RESOURCE), accessToken, clock })
    await refused(4, withAuthorization(4, { accessToken, proof: foreign }), 'gateway.proof-key')
    await refused(
      5,
      withAuthorization(5, { accessToken, proof: await proof({ method: 'GET' }) }),
      'gateway.proof-invalid',
    )
    const elsewhere = await proof({ url: new URL('https://other.example/mcp') })
    await refused(6, withAuthorization(6, { accessToken, proof: elsewhere }), 'gateway.proof-invalid')
    const stale = await proof({ clock: () => clock() - 600_000 })
    await refused(7, withAuthorization(7, { accessToken, proof: stale }), 'gateway.proof-invalid')
    await refused(8, withAuthorization(8, { accessToken: 'CANARY', proof: await proof({}) }), 'gateway.token-invalid')
    expect(desk.ran).toEqual([])

    const once = await sign(greet(9))
    line.send(once)
    expect((await line.answer(9)).result?.structuredContent).toEqual({ greeting: 'hello line' })
    await refused(10, { ...once, id: 10 }, 'gateway.proof-replayed')
    expect(desk.ran).toHaveLength(1)
  })

  test(proves('stdio:credentials', 'a proof that was used over HTTP, and a refusal uses none up'), async () => {
    const line = await serving()
    const proof = await proofFor(agent, RESOURCE, clock)
    const meta = { 'lockstep/authorization': { accessToken: agent.accessToken, proof } }
    line.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { _meta: { ...meta, 'lockstep/idempotency-key': '' } },
    })
    expect(await codeOf(line, 1)).toBe('invocation.idempotency-key-invalid')
    line.send({ jsonrpc: '2.0', ...greet(2), params: { ...greet(2).params, _meta: meta } })
    expect((await line.answer(2)).result).toBeDefined()
  })

  test(proves('stdio:credentials:hidden'), async () => {
    const environment: Record<string, string> = await launched()
    const { LOCKSTEP_DPOP_PROOF: launchProof = '' } = environment
    const own = await scripted()
    const message = await sign(greet(1), {
      'lockstep/txn-token': 'CANARY.txn',
      'lockstep/idempotency-key': 'CANARY-key',
      kept: 1,
    })
    const ping = await sign({ id: 2, method: 'ping' }, { kept: 1, 'lockstep/idempotency-key': 'CANARY-key' })
    own.line.send(message)
    own.line.send(ping)
    await until(() => own.reached.length === 1)
    expect(own.reached[0]?.params).toEqual({ _meta: { kept: 1 } })
    await own.line.answer(1)
    const { line, reached } = await scripted(environment)
    expect(environment).toEqual({})
    line.send({ jsonrpc: '2.0', id: 3, method: 'ping' })
    await until(() => reached.length === 1)
    const secrets = [agent.accessToken, launchProof, 'CANARY']
    const seen = [own.line.text(), line.text(), JSON.stringify([own.reached, reached, desk.audit.events])]
    for (const text of seen) for (const secret of secrets) expect(text).not.toContain(secret)
    const parts = message.params as { _meta: { 'lockstep/authorization': { proof: string } } }
    for (const text of seen) expect(text).not.toContain(parts._meta['lockstep/authorization'].proof)
  })
})

describe('a connection with credentials of its environment', () => {
  test.each([
    [
      'a bound token without its proof',
      async () => ({ LOCKSTEP_ACCESS_TOKEN: agent.accessToken }),
      'gateway.token-scheme',
    ],
    [
      'a proof without a token',
      async () => ({ LOCKSTEP_DPOP_PROOF: await proofFor(agent, RESOURCE, clock) }),
      'gateway.credentials-malformed',
    ],
    [
      'a token of nobody',
      async () => ({ ...(await launched()), LOCKSTEP_ACCESS_TOKEN: 'CANARY' }),
      'gateway.token-invalid',
    ],
    ['an empty token', async () => ({ LOCKSTEP_ACCESS_TOKEN: '' }), 'gateway.credentials-malformed'],
  ])(proves('stdio:launched', '%s'), async (_, environment, code) => {
    const { line, reached } = await scripted(await environment())
    for (const id of [1, 2]) {
      line.send({ jsonrpc: '2.0', ...greet(id) })
      const { error } = await line.answer(id)
      expect(error?.data?.code).toBe(code)
      expect(error?.message).toContain('start the server again')
    }
    expect(reached).toEqual([])
    expect(line.text()).not.toContain('CANARY')
  })

  test(proves('stdio:launched', 'a proof for each start'), async () => {
    const proofs = [await proofFor(agent, RESOURCE, clock), await proofFor(agent, RESOURCE, clock)].join(' ')
    const start = async () => {
      const { line, reached } = await scripted({
        LOCKSTEP_ACCESS_TOKEN: agent.accessToken,
        LOCKSTEP_DPOP_PROOF: proofs,
      })
      line.send({ jsonrpc: '2.0', id: 1, method: 'ping' })
      await until(() => reached.length + line.left.length === 1)
      return line.left[0]?.error?.data?.code
    }
    expect([await start(), await start(), await start()]).toEqual([undefined, undefined, 'gateway.proof-replayed'])
  })

  test(proves('stdio:launched', 'and a message with others'), async () => {
    const line = await serving(await launched())
    line.send(await sign(greet(1)))
    expect(await codeOf(line, 1)).toBe('gateway.credentials-malformed')
    expect(desk.ran).toEqual([])
    line.send({ jsonrpc: '2.0', ...greet(2) })
    expect((await line.answer(2)).result).toBeDefined()
  })

  test(proves('stdio:launched', 'until its token expires'), async () => {
    const line = await serving(await launched())
    line.send({ jsonrpc: '2.0', ...greet(1) })
    expect((await line.answer(1)).result).toBeDefined()
    move(301_000)
    line.send({ jsonrpc: '2.0', ...greet(2) })
    const { error } = await line.answer(2)
    move(-301_000)
    expect(error).toMatchObject({
      message: expect.stringContaining('start the server again'),
      data: { code: 'gateway.token-expired', status: 401, challenge: { error: 'invalid_token' } },
    })
    expect(desk.ran).toHaveLength(1)
  })

  test(proves('stdio:launched', 'until it is revoked, and a call that runs ends'), async () => {
    const cut = await openDesk({ limits: LINE_LIMITS })
    cut.lockstep.guardServer(cut.createServer())
    const line = openLine(cut.lockstep, await environmentOf(cut))
    const reached: JsonObject[] = []
    line.transport.onmessage = (message) => void reached.push(message as JsonObject)
    await line.transport.start()
    line.send({ jsonrpc: '2.0', ...greet(1) })
    await until(() => reached.length === 1)
    await cut.lockstep.revoke({ subject: { issuer: cut.issuer.issuer.issuer, id: 'user:ann' } }, 'a drill')
    expect(await codeOf(line, 1), 'while it ran').toBe('gateway.token-revoked')
    const late = { structuredContent: { greeting: 'CANARY' }, content: [] }
    await line.transport.send({ jsonrpc: '2.0', id: reached[0]?.id, result: late })
    line.send({ jsonrpc: '2.0', ...greet(2) })
    const { error } = await line.answer(2)
    expect(error?.data?.code).toBe('gateway.token-revoked')
    expect(error?.message).toContain('start the server again')
    expect(reached).toHaveLength(1)
    expect(line.text()).not.toContain('CANARY')
    expect(cut.audit.events.filter(({ step }) => step === 'response')).toMatchObject([
      { outcome: 'failed', code: 'gateway.token-revoked', detail: { ended: true } },
    ])
    await cut.lockstep.close()
  })
})

async function environmentOf(of: Desk) {
  const one = await of.agent()
  return { LOCKSTEP_ACCESS_TOKEN: one.accessToken, LOCKSTEP_DPOP_PROOF: await proofFor(one, RESOURCE) }
}
