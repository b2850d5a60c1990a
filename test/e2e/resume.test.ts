import { LockstepError } from '@lockstep/core'
import { signProof } from '@lockstep/tokens'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { guardClient } from '../../packages/bindings/pg/src/index.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { type Beside, openToolService, type ServiceAnswer, type ToolService } from '../fixtures/expense/tool-service.ts'
import { proves } from '../requirements/index.ts'

let service: ToolService
let alice: HouseAgent
beforeAll(async () => {
  service = await openToolService()
  alice = await service.house.agent('alice')
})
beforeEach(() => {
  service.ran.length = 0
})
afterAll(() => service.close())

async function agreed() {
  const { id } = await service.house.invoice()
  const args = { invoiceId: id }
  return { id, args, txnToken: await service.agree(alice, args) }
}

/** Expects a refusal with exactly this status and code: no handler runs, nothing changes, one record names the code. */
async function expectRefusal(send: () => Promise<ServiceAnswer>, status: number, code: string, secrets: string[] = []) {
  const before = await service.house.effects()
  const answer = await send()
  expect({ status: answer.status, code: answer.body.error }).toEqual({ status, code })
  expect(service.ran).toEqual([])
  expect(await service.house.effects()).toBe(before)
  expect(answer.recorded.filter(({ outcome }) => outcome === 'denied').map((event) => event.code)).toEqual([code])
  for (const secret of secrets) expect(answer.text + JSON.stringify(answer.recorded)).not.toContain(secret)
  return answer
}

test(proves('edge:resume:call'), async () => {
  const { id, args, txnToken } = await agreed()
  const done = await service.post(alice, args, { txnToken })
  expect(done).toMatchObject({ status: 200, body: { invoiceId: id, status: 'approved' } })
  expect(await service.house.status(id)).toBe('approved')
  const [call] = service.ran
  expect(call).toMatchObject({
    tool: 'approveExpense',
    arguments: args,
    caller: { subject: { id: 'user:alice' }, proof: { kind: 'dpop', thumbprint: alice.key.thumbprint } },
    resource: { type: 'Expense', id },
  })
  expect(done.recorded.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
    'gateway permitted',
    'invocation permitted',
    expect.stringMatching(/^execution /),
    'system permitted',
    'system completed',
    'response completed',
  ])
  expect(JSON.stringify(done.recorded)).not.toContain(txnToken)

  service.ran.length = 0
  await service.house.data.pglite.query("update expenses set status = 'submitted' where id = $1", [id])
  await expectRefusal(() => service.post(alice, args, { txnToken }), 403, 'invocation.txn-token-replayed', [txnToken])
})

test(proves('edge:resume:call', 'of concurrent uses one runs'), async () => {
  const { args, txnToken } = await agreed()
  const answers = await Promise.all([1, 2, 3, 4].map(() => service.post(alice, args, { txnToken })))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403])
  expect(service.ran).toHaveLength(1)
})

test(proves('gateway:proof:kept', 'of a call that is resumed'), async () => {
  const { id, args, txnToken } = await agreed()
  const { key, accessToken } = alice
  const { resource, house } = service
  const send = async (headers: Record<string, string> = {}) => {
    const response = await fetch(resource, {
      method: 'POST',
      headers: {
        authorization: `DPoP ${accessToken}`,
        dpop,
        'txn-token': txnToken,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(args),
    })
    const { error } = (await response.json()) as { error?: string }
    return error ?? response.status
  }
  const dpop = await signProof(key, { method: 'POST', url: resource, accessToken, clock: house.clock })
  expect(await send({ 'idempotency-key': 'a b' })).toBe('invocation.idempotency-key-invalid')
  expect(await send({ origin: 'https://evil.example' })).toBe('gateway.origin')
  expect(service.ran).toEqual([])
  expect(await send()).toBe(200)
  expect(await house.status(id)).toBe('approved')
  expect(await send()).toBe('gateway.proof-replayed')
  expect(service.ran).toHaveLength(1)
})

describe(proves('edge:resume:refused'), () => {
  test('and each leaves the token unused', async () => {
    const { args, txnToken, id } = await agreed()
    const other = await service.house.invoice()
    const refusals: readonly (readonly [string, unknown, Beside, number, string])[] = [
      ['no token', args, {}, 403, 'invocation.txn-token-missing'],
      ['other arguments', { invoiceId: other.id }, { txnToken }, 403, 'invocation.txn-params-mismatch'],
      ['one argument more', { ...args, force: true }, { txnToken }, 403, 'invocation.txn-params-mismatch'],
      ['arguments that are none', [id], { txnToken }, 400, 'invocation.arguments-invalid'],
      [
        'a proof for the MCP server',
        args,
        { txnToken, provedFor: service.house.resource },
        401,
        'gateway.proof-invalid',
      ],
      ['a foreign origin', args, { txnToken, headers: { origin: 'https://evil.example' } }, 403, 'gateway.origin'],
      ['an access token as txn-token', args, { txnToken: alice.accessToken }, 403, 'invocation.txn-token-invalid'],
      ['two txn-tokens', args, { txnToken: `${txnToken}, ${txnToken}` }, 403, 'invocation.txn-token-invalid'],
    ]
    for (const [, sent, beside, status, code] of refusals) {
      await expectRefusal(() => service.post(alice, sent, beside), status, code, [txnToken])
    }
    expect((await service.post(alice, args, { txnToken })).status, 'it was not used up').toBe(200)
  })

  test('without an access token', async () => {
    const { args, txnToken } = await agreed()
    const headers = { 'content-type': 'application/json', 'txn-token': txnToken }
    const answer = await fetch(service.resource, { method: 'POST', headers, body: JSON.stringify(args) })
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({
      status: 401,
      body: { error: 'gateway.credentials-missing' },
    })
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP algs="ES256 EdDSA", resource_metadata="/)
    expect(service.ran).toEqual([])
    expect((await service.post(alice, args, { txnToken })).status).toBe(200)
  })

  test('of another caller', async () => {
    const { args, txnToken } = await agreed()
    const others = [
      await service.house.agent('alice'),
      await service.house.agent('alice', { key: alice.key, actor: 'spiffe://expense.example/agents/other' }),
    ]
    for (const other of others) {
      const before = await service.house.effects()
      const answer = await service.post(other, args, { txnToken })
      expect(['invocation.txn-caller-mismatch', 'discovery.tool-unknown']).toContain(answer.body.error)
      expect(await service.house.effects()).toBe(before)
    }
    expect(service.ran).toEqual([])
    expect((await service.post(alice, args, { txnToken })).status).toBe(200)
  })

  test('beside a token that is for this service itself', async () => {
    const { args, txnToken } = await agreed()
    const stranger = await service.house.agent('alice', { key: alice.key, claims: { aud: service.resource } })
    await expectRefusal(() => service.post(stranger, args, { txnToken }), 401, 'gateway.token-invalid', [txnToken])
  })

  test('at the server that agreed to it', async () => {
    const { args, txnToken } = await agreed()
    const answer = await alice.call('approveExpense', args, { txnToken })
    expect(answer.body.error?.data?.code).toBe('invocation.txn-params-mismatch')
    expect((await service.post(alice, args, { txnToken })).status).toBe(200)
  })

  test('of a tool that the server runs itself', async () => {
    const { id } = await service.house.invoice()
    const txnToken = await alice.txnToken('getExpense', { id })
    await expectRefusal(() => service.post(alice, { id }, { txnToken }), 403, 'invocation.txn-params-mismatch')
  })

  test('when the resource changed, or the token expired', async () => {
    const { args, txnToken, id } = await agreed()
    await service.house.data.pglite.query('update expenses set amount = amount - 1 where id = $1', [id])
    await expectRefusal(() => service.post(alice, args, { txnToken }), 403, 'invocation.resource-changed', [txnToken])
    service.house.advance(61_000)
    await expectRefusal(() => service.post(alice, args, { txnToken }), 403, 'invocation.txn-token-invalid', [txnToken])
    alice = await service.house.agent('alice')
  })
})

test(proves('edge:resume:refused', 'while the keys cannot be had'), async () => {
  const { args, txnToken } = await agreed()
  const jwksUri = 'http://127.0.0.1:9/jwks'
  const restore = await service.instead({ transactions: { issuer: service.house.resource, jwksUri } })
  const answer = await expectRefusal(() => service.post(alice, args, { txnToken }), 503, 'gateway.keys-unavailable')
  expect(answer.headers.get('retry-after')).toBe('5')
  await restore()
  expect((await service.post(alice, args, { txnToken })).status).toBe(200)
})

test(proves('edge:resume:refused', 'by an instance that trusts another service of transaction tokens'), async () => {
  const { args, txnToken } = await agreed()
  const restore = await service.instead({
    transactions: { issuer: service.resource, jwksUri: `${service.house.origin}/.lockstep/jwks` },
  })
  await expectRefusal(() => service.post(alice, args, { txnToken }), 403, 'invocation.txn-token-invalid')
  await restore()
})

test(proves('edge:resume:handler'), async () => {
  const { args, txnToken } = await agreed()
  const done = await service.post(alice, args, { txnToken })
  expect(done.text, 'what no output binding releases').not.toContain('CANARY')
  const [call] = service.ran
  if (!call) throw new Error('expected a call')
  expect(Object.isFrozen(call.arguments)).toBe(true)

  const thrown: readonly (readonly [unknown, number, string])[] = [
    [new Error('CANARY of row 17'), 500, 'invocation.handler-failed'],
    [new LockstepError('execution.relation-unknown', 'CANARY'), 403, 'execution.relation-unknown'],
  ]
  for (const [error, status, code] of thrown) {
    const next = await agreed()
    service.handle(async () => {
      throw error
    })
    const failed = await service.post(alice, next.args, { txnToken: next.txnToken })
    expect(failed).toMatchObject({ status, body: { error: code } })
    expect(failed.text).not.toContain('CANARY')
    expect(failed.recorded.at(-1)).toMatchObject({ step: 'response', outcome: 'failed' })
    const again = await service.post(alice, next.args, { txnToken: next.txnToken })
    expect(again.body.error, 'it stays used').toBe('invocation.txn-token-replayed')
  }
})

test(proves('edge:resume:handler', 'one that does not end'), async () => {
  const { args, txnToken } = await agreed()
  const restore = await service.instead({ limits: { callMs: 200 } })
  service.handle(() => new Promise(() => undefined))
  const answer = await service.post(alice, args, { txnToken })
  expect(answer).toMatchObject({ status: 504, body: { error: 'invocation.timed-out' } })
  expect(answer.recorded.at(-1)).toMatchObject({ step: 'response', outcome: 'failed' })
  await restore()
})

test(proves('edge:resume:handler', 'it is over when the answer is sent'), async () => {
  const { args, txnToken } = await agreed()
  let late: Promise<unknown> | undefined
  let answered = () => {}
  service.handle(async (_, lockstep) => {
    late = new Promise<void>((resolve) => {
      answered = resolve
    }).then(() => guardClient(lockstep, service.house.data.pglite).query('select id from expenses'))
    late.catch(() => undefined)
    return {}
  })
  expect((await service.post(alice, args, { txnToken })).status).toBe(200)
  answered()
  await expect(late).rejects.toMatchObject({ code: 'execution.no-call' })
})

test(proves('edge:resume:refused', 'where the policy changed since'), async () => {
  const { args, txnToken } = await agreed()
  await editPolicy({ ...service.house, lockstep: service.lockstep }, 'approve.cedar', (text) => `${text}\n// changed\n`)
  const answer = await service.post(alice, args, { txnToken })
  expect(answer).toMatchObject({ status: 403, body: { error: 'invocation.policy-changed' } })
  expect(service.ran).toEqual([])
})
