import type { Job, JobCall } from '@lockstep/mcp'
import { McpServer } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { HELPER, RESOURCE } from '../fixtures/desk/desk.ts'
import { EDGE, type MediatedDesk, openMediatedDesk, SERVICE } from '../fixtures/desk/mediated-desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

const ARGS = { name: 'bob', times: 1 }
let world: MediatedDesk
let server: Awaited<ReturnType<typeof serve>>
let grant = ''
let trace = ''

beforeAll(async () => {
  world = await openMediatedDesk({ scopes: ['greetings'] })
  const { lockstep } = world.desk
  const createServer = () => {
    const guarded = lockstep.guardServer(new McpServer({ name: 'desk', version: '1' }))
    guarded.registerTool('wide', { description: 'Leaves something to do' }, async () => {
      grant = await lockstep.grant({ purpose: 'greet somebody', tools: ['greet'] })
      return { content: [] }
    })
    return guarded
  }
  server = await serve(onExpress(lockstep, createServer))
  world.desk.reach(server.port)
})
beforeEach(() => {
  world.ran.length = 0
})
afterAll(async () => {
  await server.close()
  await world.close()
})

async function granted(options: Parameters<MediatedDesk['desk']['agent']>[0] = {}): Promise<string> {
  const { fetch } = await world.desk.agent({ scopes: ['greetings', 'more'], ...options })
  trace = crypto.randomUUID().replaceAll('-', '')
  const answer = await fetch(RESOURCE, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      traceparent: `00-${trace}-${'1'.repeat(16)}-01`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wide', arguments: {} } }),
  })
  expect(answer.status).toBe(200)
  await answer.text()
  return grant
}

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
const greet = (more: Partial<JobCall> = {}): JobCall => ({
  tool: 'greet',
  arguments: ARGS,
  certificate: world.edge.cert,
  ...more,
})
/** What the work rejects with is an outcome of the job: expectations in it are held here. */
const inJob = async (work: (job: Job) => Promise<unknown>) => {
  const failed: unknown[] = []
  const outcome = await world.desk.lockstep.job(
    await granted({ claims: { act: { sub: HELPER, act: { sub: 'agent:before' } } } }),
    async (job) => {
      await work(job).catch((error: unknown) => failed.push(error))
    },
  )
  for (const error of failed) throw error
  return outcome
}
const call = async (jwt: string, identity = world.edge, args: object = ARGS) => {
  const answer = await world.call(identity, args, { 'txn-token': jwt })
  return { status: answer.status, body: (await answer.json()) as { readonly error?: string } }
}

test(proves('jobs:token:chain'), async () => {
  const seen: ReturnType<typeof claimsOf>[] = []
  const outcome = await inJob(async (job) => {
    for (const name of ['bob', 'eve']) {
      const args = { ...ARGS, name }
      const jwt = await job.txnToken(greet({ arguments: args }))
      seen.push(claimsOf(jwt))
      expect(await call(jwt, world.edge, args)).toEqual({ status: 200, body: { greeting: `hello ${name}` } })
      expect(await call(jwt, world.edge, args), 'once').toMatchObject({
        status: 403,
        body: { error: 'invocation.txn-token-replayed' },
      })
      expect(JSON.stringify(world.desk.audit.events)).not.toContain(jwt)
    }
  })
  expect(outcome).toMatchObject({ ok: true })
  expect(seen[0]).toMatchObject({
    aud: 'desk.example',
    sub: 'user:ann',
    act: { sub: HELPER, act: { sub: 'agent:before' } },
    scope: 'greetings more',
    req_wl: EDGE,
    cnf: { 'x5t#S256': expect.any(String) },
    tctx: { tool: 'greet', audience: SERVICE },
  })
  expect(seen[1].txn, 'one transaction').toBe(seen[0].txn)
  expect(new Set(seen.flatMap(({ txn, jti }) => [txn, jti])).size, 'of tokens that each count once').toBe(3)
  expect(world.ran.map(({ caller }) => [caller.subject.id, caller.actor.id, caller.proof.kind])).toEqual([
    ['user:ann', HELPER, 'mtls'],
    ['user:ann', HELPER, 'mtls'],
  ])
  const recorded = world.desk.audit.events.filter((event) => event.trace === trace && event.detail?.issued)
  expect(recorded).toMatchObject([
    { outcome: 'permitted', detail: { workload: EDGE, transaction: seen[0].txn, issued: seen[0].jti } },
    { outcome: 'permitted', detail: { workload: EDGE, transaction: seen[0].txn, issued: seen[1].jti } },
  ])
})

describe(proves('jobs:token:bounded'), () => {
  test('to the worker that it is for, and to its call', async () => {
    await inJob(async (job) => {
      const jwt = await job.txnToken(greet())
      expect((await call(jwt, world.other)).body.error).toBe('invocation.txn-caller-mismatch')
      expect((await call(jwt, world.edge, { ...ARGS, name: 'eve' })).body.error).toBe('invocation.txn-params-mismatch')
      expect(world.ran).toEqual([])
      expect(await call(jwt)).toEqual({ status: 200, body: { greeting: 'hello bob' } })
    })
  })

  // Last: what is revoked here and restored is another policy than that of the service, which has a state of its own.
  test('by what was granted, by the policy of now, and by the job', async () => {
    let over: Job | undefined
    const issuedBefore = world.desk.audit.events.filter(({ detail }) => detail?.issued).length
    await inJob(async (job) => {
      over = job
      const misuses: readonly (readonly [misuse: Partial<JobCall>, says: RegExp])[] = [
        [{ tool: 'vault' }, /the tool was not granted/],
        [{ scopes: ['greetings', 'everything'] }, /a scope was not granted/],
        [{ certificate: 'no certificate' }, /X\.509-SVID/],
        [{ certificate: world.authority.pem }, /X\.509-SVID/],
      ]
      for (const [misuse, says] of misuses) {
        const refused = job.txnToken(greet(misuse))
        await expect(refused).rejects.toThrow(TypeError)
        await expect(refused).rejects.toThrow(says)
      }
      await expect(job.txnToken(greet({ arguments: { ...ARGS, times: 9 } }))).rejects.toMatchObject({
        code: 'invocation.denied',
      })
      expect(claimsOf(await job.txnToken(greet({ scopes: ['greetings'] }))).scope).toBe('greetings')
      await world.desk.lockstep.revoke({ permission: 'greet' }, 'a drill')
      await expect(job.txnToken(greet())).rejects.toMatchObject({ code: 'invocation.denied' })
      await world.desk.lockstep.restore({ permission: 'greet' }, 'it is over')
    })
    // Whatever it asks for: nothing is looked at any more.
    for (const asked of [{}, { tool: 'vault' }]) {
      await expect(over?.txnToken(greet(asked))).rejects.toMatchObject({ code: 'invocation.call-closed' })
    }
    expect(world.desk.audit.events.filter(({ detail }) => detail?.issued).length).toBe(issuedBefore + 1)
  })
})
