import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { onExpress } from '../e2e/serve.ts'
import { openDesk } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { aim, codeOf, type Target } from './open-target.ts'

let target: Target | undefined
afterEach(() => target?.lockstep.close())

async function open(): Promise<Target> {
  const desk = await openDesk()
  const server = desk.createServer()
  desk.lockstep.guardServer(server)
  return aim(
    desk,
    onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())),
  )
}

test(proves('attacks:hidden-tool-oracle', 'by name'), async () => {
  target = await open()
  const { call, shoot } = target
  const key = { headers: { 'idempotency-key': 'one-key' } }
  expect((await call('greet', {}, key)).status).toBe(200)
  const both = async (args: string, headers: Record<string, string> = {}) =>
    Promise.all(
      ['secret', 'nowhere'].map(async (name) => {
        const { status, body } = await shoot({
          body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`,
          headers,
        })
        return { status, body }
      }),
    )
  const probes: [string, Record<string, string>?][] = [
    ['{}', key.headers],
    ['{}', { 'txn-token': 'x' }],
    ['{"n":1e999}'],
    ['{"n":9007199254740993}'],
    ['{"__proto__":1}'],
    ['[]'],
    ['"x"'],
    ['{"a":1}'],
  ]
  for (const [args, headers] of probes) {
    const [hidden, missing] = await both(args, headers)
    expect(hidden, args).toEqual(missing)
  }
})

test(proves('attacks:hidden-tool-oracle', 'by a schema that throws'), async () => {
  const desk = await openDesk()
  const server = desk.createServer()
  const { secret } = Reflect.get(server, '_registeredTools') as Record<string, { update(updates: object): void }>
  secret?.update({ paramsSchema: z.object({ q: z.string().transform((text) => JSON.parse(text)) }) })
  desk.lockstep.guardServer(server)
  target = await aim(
    desk,
    onExpress(desk.lockstep, () => desk.createServer()),
  )
  expect(codeOf(await target.call('secret', { q: '{' }))).toBe('discovery.tool-unknown')
})

test(proves('attacks:hidden-tool-oracle', 'by the token service'), async () => {
  target = await open()
  const { shoot, desk } = target
  const ann = await desk.agent({ scopes: ['mcp'] })
  const ask = async (tool: string, args: object) => {
    const { status, body } = await shoot({
      path: '/.lockstep/token',
      agent: ann,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience: '127.0.0.1',
        scope: 'mcp',
        requested_token_type: 'urn:ietf:params:oauth:token-type:txn_token',
        subject_token: ann.accessToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        request_details: JSON.stringify({ tool, arguments: args }),
      }).toString(),
    })
    return { status, body }
  }
  const asked = await ask('greet', {})
  expect(asked, JSON.stringify(asked)).toMatchObject({ status: 200 })
  expect(await ask('greet', { times: 4 })).toMatchObject({ status: 403, body: { code: 'invocation.denied' } })
  for (const args of [{}, { a: 1 }, { name: 7 }]) {
    expect(await ask('secret', args)).toEqual(await ask('nowhere', args))
  }
  expect(desk.ran).toEqual([])
})
