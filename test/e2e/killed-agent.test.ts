import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestIssuer } from '@lockstep/testing'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, expect, test } from 'vitest'
import { listenOnLoopback } from '../../examples/expense-approval/authorization-server/listen-on-loopback.ts'
import { createAgentFetch } from '../../packages/agent/src/index.ts'
import { lockstep } from '../../packages/lockstep/test/run-lockstep.ts'
import { startPaymentServer } from '../fixtures/payments/start-payment-server.ts'
import { proves } from '../requirements/index.ts'

const stops: (() => unknown)[] = []
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

const start = (options: object) => startPaymentServer(options, stops)

test(proves('agent:retry:lost', 'of a server that was killed after the effect'), async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-agent-'))
  stops.push(() => rm(folder, { recursive: true, force: true }))
  const { origin, close } = await listenOnLoopback(0)
  await close()
  const resource = `${origin}/mcp`
  const issuer = await createTestIssuer({ audience: resource })
  const scopes = ['expenses:approve']
  const { key, accessToken } = await issuer.agent({ subject: 'user:alice', actor: 'spiffe://test/agent', scopes })
  const options = { folder, port: Number(new URL(origin).port), issuer: issuer.issuer }
  const payments = () => readFileSync(join(folder, 'payments'), 'utf8').trim().split('\n')

  /** Nothing is sent while the server is down; a person who restarts it is not in a hurry. */
  let up: Promise<unknown> = Promise.resolve()
  const send = createAgentFetch({
    key,
    accessToken,
    resource,
    txnTokens: { trustDomain: 'expense.example', scope: 'expenses:approve' },
    idempotencyKey: ({ arguments: args }) => `pay-${args.id}`,
    lostAnswers: 'ask-again',
    fetch: async (input, init) => {
      await up
      return fetch(input, init)
    },
  })
  const client = new Client({ name: 'planner', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const pay = (id: string) => client.callTool({ name: 'pay', arguments: { id } })

  const first = await start({ ...options, hangs: true })
  await client.connect(new StreamableHTTPClientTransport(new URL(resource), { fetch: send }))
  expect((await pay('done')).structuredContent).toEqual({ paid: 'done' })
  const running = Promise.allSettled([pay('after')])
  await first.says('after')
  expect(payments(), 'it was paid, and nobody was told').toEqual(['done', 'after'])
  const second = first.end('SIGKILL').then(() => start(options))
  up = second
  const [outcome] = await running
  expect(outcome).toMatchObject({ status: 'rejected' })
  expect(String(outcome?.status === 'rejected' && outcome.reason)).toContain('outcome of the call with this key')
  expect(payments()).toEqual(['done', 'after'])

  // The operator looks, and says what happened; the agent asks again with the key out of its journal.
  await (await second).end('SIGTERM')
  const state = ['--state', join(folder, 'state')]
  const { said } = await lockstep(['calls', 'list', ...state])
  const [, found = ''] = /^ +key {2,}(.*)$/m.exec(said) ?? []
  expect(await lockstep(['calls', 'resolve', '--happened', ...state, '--', found])).toMatchObject({ code: 0 })
  up = start(options)
  await expect(pay('after')).rejects.toThrow()
  expect((await pay('done')).structuredContent, 'what was answered is answered again').toEqual({ paid: 'done' })
  expect(payments(), 'nothing happened twice').toEqual(['done', 'after'])
  await client.close()
}, 240_000)
