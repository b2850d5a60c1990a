import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRecords, readTrace, saltDigest } from '@lockstep/audit'
import { digest, isJsonObject } from '@lockstep/core'
import { createTestIssuer } from '@lockstep/testing'
import { afterAll, expect, test } from 'vitest'
import { listenOnLoopback } from '../../examples/expense-approval/authorization-server/listen-on-loopback.ts'
import { lockstep } from '../../packages/lockstep/test/run-lockstep.ts'
import { createHouseAgent, type HouseAgent } from '../fixtures/expense/house-agent.ts'
import { startPaymentServer } from '../fixtures/payments/start-payment-server.ts'
import { proves } from '../requirements/index.ts'

const stops: (() => unknown)[] = []
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

const start = (options: object) => startPaymentServer(options, stops)

test(proves('edge:killed:unknown'), async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-payments-'))
  stops.push(() => rm(folder, { recursive: true, force: true }))
  const { origin, close } = await listenOnLoopback(0)
  await close()
  const resource = `${origin}/mcp`
  const issuer = await createTestIssuer({ audience: resource })
  const agent: HouseAgent = createHouseAgent(
    { origin, resource, clock: Date.now },
    await issuer.agent({ subject: 'user:alice', actor: 'spiffe://test/agent', scopes: ['expenses:approve'] }),
  )
  const options = { folder, port: Number(new URL(origin).port), issuer: issuer.issuer }
  const pay = async (id: string, txnToken?: string) =>
    agent.call(
      'pay',
      { id },
      { txnToken: txnToken ?? (await agent.txnToken('pay', { id })), idempotencyKey: `key-${id}` },
    )
  const payments = () => readFileSync(join(folder, 'payments'), 'utf8').trim().split('\n')
  const unknown = async (id: string, txnToken?: string) => {
    const { status, body, trace } = await pay(id, txnToken)
    expect([id, status, body.error?.data?.code]).toEqual([id, 409, 'invocation.outcome-unknown'])
    return trace
  }

  // Two calls are running: their tokens are used up, one has had its effect. A third is done.
  const killed = await start({ ...options, hangs: true })
  const done = await pay('done')
  expect(done.body.result?.structuredContent).toEqual({ paid: 'done' })
  const spent = await agent.txnToken('pay', { id: 'before' })
  const running = Promise.allSettled([pay('before', spent), pay('after')])
  await Promise.all([killed.says('before'), killed.says('after')])
  await killed.end('SIGKILL')
  expect((await running).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(payments()).toEqual(['done', 'after'])

  const restarted = await start(options)
  const traces = [await unknown('before'), await unknown('before', spent), await unknown('after')]
  expect((await pay('done')).body, 'what was answered is answered again').toEqual(done.body)
  await restarted.end('SIGTERM')
  for (const trace of traces) {
    expect((await readTrace(join(folder, 'state', 'audit'), trace)).at(-1)).toMatchObject({
      outcome: 'denied',
      code: 'invocation.outcome-unknown',
    })
  }
  expect(payments(), 'nothing happened twice').toEqual(['done', 'after'])

  const state = ['--state', join(folder, 'state')]
  const { said } = await lockstep(['calls', 'list', ...state])
  // The operator is shown calls: which arguments each had is told by the intents in the audit log.
  const keyOf = new Map([...said.matchAll(/^ +call {2,}(.*)\n +key {2,}(.*)$/gm)].map(([, call, key]) => [call, key]))
  expect(keyOf.size).toBe(2)
  const keyFor = async (id: string) => {
    for await (const { record } of readRecords(join(folder, 'state', 'audit'))) {
      const { detail, salt } = record
      const digests = isJsonObject(detail?.digests) ? detail.digests : {}
      const key = keyOf.get(typeof detail?.call === 'string' ? detail.call : '')
      if (key && digests.arguments === saltDigest(salt, digest({ id }))) return key
    }
    throw new Error('the audit log does not tell')
  }
  const [before, after] = [await keyFor('before'), await keyFor('after')]
  expect(await lockstep(['calls', 'resolve', '--did-not-happen', ...state, '--', before])).toMatchObject({ code: 0 })
  expect(await lockstep(['calls', 'resolve', '--happened', ...state, '--', after])).toMatchObject({ code: 0 })
  expect((await lockstep(['calls', 'list', ...state])).said).toBe('no call has an unknown outcome\n')

  const last = await start(options)
  const replayed = await pay('before', spent)
  expect(replayed.body.error?.data?.code, 'its token stays used').toMatch(/^invocation\.txn-token-/)
  expect((await pay('before')).body.result?.structuredContent).toEqual({ paid: 'before' })
  expect((await pay('before')).body.result?.structuredContent, 'once').toEqual({ paid: 'before' })
  await unknown('after')
  expect(payments()).toEqual(['done', 'after', 'before'])
  await last.end('SIGTERM')
}, 240_000)
