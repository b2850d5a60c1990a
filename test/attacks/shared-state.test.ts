import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresState } from '@lockstep/stores/postgres'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { proofAttacks } from '../../packages/layers/1-gateway/test/proof-attacks.ts'
import { createWorld, NOW, type World, type WorldInProcess } from '../../packages/layers/1-gateway/test/world.ts'
import { startPostgres, type TestPostgres } from '../differential/postgres.ts'
import { exchangeToken } from '../fixtures/corpus/exchange-token.ts'
import { expectRefused } from '../fixtures/corpus/expect-refused.ts'
import { type HttpWorld, openHttpWorld } from '../fixtures/corpus/http-world.ts'
import { startRedis, type TestRedis } from '../fixtures/start-redis.ts'
import { lacks } from '../programs.ts'
import { proves } from '../requirements/index.ts'

const KINDS = lacks('redis-server') ? (['postgres'] as const) : (['postgres', 'redis'] as const)

describe.each(KINDS)('two instances over %s', (kind) => {
  let database: TestPostgres
  let memory: TestRedis | undefined
  let redis: Redis | undefined
  let folder = ''
  let made = 0
  const open: HttpWorld[] = []
  beforeAll(async () => {
    database = await startPostgres()
    if (kind === 'redis') {
      memory = await startRedis()
      redis = new Redis(memory.port, { retryStrategy: () => 50, maxRetriesPerRequest: 2 })
      redis.on('error', () => undefined)
    }
    folder = await mkdtemp(join(tmpdir(), 'lockstep-instances-'))
  }, 240_000)
  afterEach(async () => {
    for (const world of open.splice(0)) await world.close()
  })
  afterAll(async () => {
    redis?.disconnect()
    await memory?.stop()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** One more instance of a server; `schema` names the state that it shares. */
  async function instance(inner: WorldInProcess, schema: string, twin?: HttpWorld): Promise<HttpWorld> {
    made += 1
    const state = postgresState({ pool: database.pool(), schema, redis, auditFolder: join(folder, String(made)) })
    const world = await openHttpWorld({}, { state, inner, ...(twin && { twin: twin.gateway }) })
    open.push(world)
    return world
  }
  async function pair(): Promise<[HttpWorld, HttpWorld, string, WorldInProcess]> {
    const inner = createWorld()
    const schema = `shared_${made}`
    const second = await instance(inner, schema)
    return [await instance(inner, schema, second), second, schema, inner]
  }
  /** Tries what the corpus tries in process, with real instances. */
  async function attack(id: string, expected: string): Promise<void> {
    for (const { send, says } of proofAttacks[id] ?? []) {
      const [first] = await pair()
      const outcome = await (send(first) as ReturnType<World['admit']>)
      // The twin tells its own answers.
      const letter = [first, ...open].map((world) => world.letter(outcome)).find((told) => told !== 'unknown')
      expect(letter, says).toBe(expected)
    }
  }
  const last = ({ exchanges }: HttpWorld) => {
    const exchange = exchanges.at(-1)
    if (!exchange) throw new Error('nothing was sent')
    return exchange
  }
  const told = (world: HttpWorld) => ({ status: last(world).reply.status, code: codeOf(last(world).reply.text) })

  test(proves('attacks:shared-state', 'T115'), () => attack('T115', 'P'), 60_000)
  test(proves('attacks:shared-state', 'T118'), () => attack('T118', 'P'), 60_000)
  test(proves('attacks:shared-state', 'T119'), () => attack('T119', 'OK'), 60_000)

  test(proves('attacks:shared-state', 'T116'), async () => {
    const [first, second, schema, inner] = await pair()
    const request = first.request()
    expect(first.letter(await first.gateway.admit(request))).toBe('OK')
    for (const world of [first, second]) await world.close()
    open.length = 0
    const restarted = await instance(inner, schema)
    inner.setNow(NOW + 30)
    expect(restarted.letter(await restarted.gateway.admit(request))).toBe('P')
    expectRefused(last(restarted))
    expect(restarted.letter(await restarted.admit())).toBe('OK')
  }, 240_000)

  test(proves('attacks:clock-back', 'T230'), async () => {
    const [first, second, , inner] = await pair()
    const request = first.request()
    expect(first.letter(await first.gateway.admit(request))).toBe('OK')
    inner.setNow(NOW + 200)
    for (const world of [first, second]) expect(world.letter(await world.admit())).toBe('OK')
    inner.setNow(NOW - 600)
    inner.setNow(NOW + 10)
    for (const world of [second, first]) {
      expect(world.letter(await world.gateway.admit(request))).toBe('P')
      expect(world.letter(await world.admit()), 'who was not here before is let in').toBe('OK')
    }
  }, 240_000)

  test(proves('attacks:shared-state', 'T166'), async () => {
    const [first, second, schema, inner] = await pair()
    const token = first.token()
    const txnToken = await exchangeToken(first, token)
    const call = (world: HttpWorld) => {
      const request = world.request({ token })
      return world.gateway.admit({ ...request, headers: [...request.headers, ['Txn-Token', txnToken]] })
    }
    await call(second)
    expect({ ...told(second), ran: last(second).ran }).toEqual({ status: 200, code: undefined, ran: 1 })
    const replayed = { status: 403, code: 'invocation.txn-token-replayed' }
    for (const world of [first, second]) {
      await call(world)
      expect({ ...told(world), ran: last(world).ran }).toEqual({ ...replayed, ran: 0 })
    }
    await first.close()
    await second.close()
    open.length = 0
    const restarted = await instance(inner, schema)
    await call(restarted)
    expect({ ...told(restarted), ran: last(restarted).ran }).toEqual({ ...replayed, ran: 0 })
  }, 240_000)

  test(proves('attacks:revoked', 'T185'), async () => {
    const [first, second, , inner] = await pair()
    const before = { token: first.token(), txn: '' }
    before.txn = await exchangeToken(first, before.token)
    const alice = { subject: { issuer: String(first.claims().iss), id: 'user:alice' } }
    await first.lockstep.revoke(alice, 'left the company')
    expect(first.audit.events.at(-1), proves('state:revocation:recorded')).toMatchObject({
      step: 'system',
      outcome: 'completed',
      subject: 'user:alice',
      detail: { revoked: 'subject', reason: 'left the company' },
    })
    for (const world of [second, first]) {
      const outcome = await world.admit({ token: before.token })
      expect(world.letter(outcome)).toBe('T')
      expect(told(world)).toEqual({ status: 401, code: 'gateway.token-revoked' })
      expectRefused(last(world))
    }
    // She signs in again; what was issued to her before stays revoked.
    inner.setNow(NOW + 16)
    const token = second.token()
    const call = async (txnToken: string) => {
      const request = second.request({ token })
      await second.gateway.admit({ ...request, headers: [...request.headers, ['Txn-Token', txnToken]] })
      return { ...told(second), ran: last(second).ran }
    }
    expect(await call(before.txn)).toEqual({ status: 403, code: 'invocation.txn-token-invalid', ran: 0 })
    expect(last(second).reply.headers.some(([name]) => name === 'www-authenticate')).toBe(false)
    expect(await call(await exchangeToken(first, token))).toMatchObject({ status: 200, ran: 1 })
  }, 240_000)

  test(proves('attacks:state-down', 'T122'), async () => {
    const [first, second] = await pair()
    for (const world of [first, second]) expect(world.letter(await world.admit())).toBe('OK')
    const server = memory ?? database
    await server.crash()
    for (const world of [first, second]) {
      expect(world.letter(await world.admit())).toBe('F')
      expectRefused(last(world))
      expect(last(world).reply.headers).toContainEqual(['retry-after', '5'])
    }
    await server.start()
  }, 240_000)
})

function codeOf(text: string): string | undefined {
  const json = text.startsWith('{') ? text : (/^data: (\{.*\})/m.exec(text)?.[1] ?? '{}')
  return JSON.parse(json).error?.data?.code
}
