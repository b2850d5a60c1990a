import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresStateOptions, postgresState } from '@lockstep/stores/postgres'
import { expectDenied } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startHalfOpenProxy } from '../../packages/stores/test/half-open-proxy.ts'
import { startPostgres, type TestPostgres } from '../differential/postgres.ts'
import { RESOURCE } from '../fixtures/desk/desk.ts'
import { callTool, openStream, openStreamingDesk, type StreamingDesk } from '../fixtures/desk/streaming-desk.ts'
import { startRedis, type TestRedis } from '../fixtures/start-redis.ts'
import { PATIENT } from '../patient.ts'
import { lacks } from '../programs.ts'
import { proves } from '../requirements/index.ts'

const KINDS = lacks('redis-server') ? (['postgres'] as const) : (['postgres', 'redis'] as const)
const ann = { subject: { issuer: 'https://issuer.test', id: 'user:ann' } }

describe.each(KINDS)('two instances over %s', (kind) => {
  let database: TestPostgres
  let memory: TestRedis | undefined
  let redis: Redis | undefined
  let folder = ''
  let made = 0
  const opened: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    database = await startPostgres()
    if (kind === 'redis') {
      memory = await startRedis()
      redis = new Redis(memory.port, { retryStrategy: () => 50, maxRetriesPerRequest: 2 })
      redis.on('error', () => undefined)
    }
    folder = await mkdtemp(join(tmpdir(), 'lockstep-revoked-'))
  }, 240_000)
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close()
  })
  afterAll(async () => {
    redis?.disconnect()
    await memory?.stop()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** One more instance; a twin trusts the same issuer. */
  async function instance(bound: number, twin?: StreamingDesk, options: Partial<PostgresStateOptions> = {}) {
    made += 1
    const schema = `feed_${twin ? made - 1 : made}`
    const desk = await openStreamingDesk({
      state: postgresState({
        pool: database.pool(),
        schema,
        redis,
        auditFolder: join(folder, String(made)),
        ...options,
      }),
      revocation: { bound },
      ...(twin && { issuers: [twin.issuer.issuer] }),
    })
    opened.push(desk)
    return desk
  }
  const ends = ({ audit }: StreamingDesk) =>
    audit.events.filter(({ detail }) => detail?.ended === true).map(({ code }) => code)

  // The bound is longer than the test may take: what ends the streams is that somebody heard.
  test(proves('attacks:revoked-streams', 'T223'), async () => {
    const first = await instance(60_000)
    const second = await instance(60_000, first)
    const [here, bob] = [
      await first.agent({ fetch: second.fetch }),
      await first.agent({ fetch: second.fetch, subject: 'user:bob' }),
    ]
    const [stream, kept] = [await openStream(here.fetch), await openStream(bob.fetch)]
    const streamed = await callTool(here.fetch, 'wide')
    const whole = callTool(here.fetch, 'greet')
    await vi.waitFor(() => expect(second.held).toHaveLength(2), PATIENT)
    for (const { select } of second.held) await select()

    await first.lockstep.revoke(ann, 'left the company')
    expect(await streamed.text()).toMatch(/^(:\n\n)+data: \{.*"code":"gateway\.token-revoked".*\}\n\n$/)
    expect((await whole).status).toBe(401)
    expect((await whole).headers.get('www-authenticate')).toContain('invalid_token')
    expect(await stream.text()).toMatch(
      /^(data: \{"jsonrpc":"2\.0","method":"notifications\/tools\/list_changed"\}\n\n)+$/,
    )
    for (const { select, answer } of second.held) {
      await expectDenied(select(), 'execution.no-call')
      answer()
    }
    await vi.waitFor(() => expect(ends(second)).toEqual(Array(3).fill('gateway.token-revoked')), PATIENT)
    expect((await openStream(here.fetch)).status).toBe(401)
    expect(second.streams(), 'somebody else').toBe(1)
    await kept.body?.cancel()
  }, 240_000)

  test(proves('attacks:silent-feed', 'T68'), async () => {
    const target = new URL(database.connectionString)
    const proxy = await startHalfOpenProxy(Number(target.port))
    target.port = String(proxy.port)
    const through = new pg.Pool({ connectionString: target.href, connectionTimeoutMillis: 300 })
    through.on('error', () => undefined)
    opened.push({
      async close() {
        await proxy.close()
        await through.end()
      },
    })
    const first = await instance(1_500)
    const direct = database.pool()
    const pool = { query: direct.query.bind(direct), connect: () => through.connect() }
    const second = await instance(1_500, first, { pool })
    const { fetch, accessToken, key } = await first.agent({ fetch: second.fetch })
    const stream = await openStream(fetch)
    const streamed = await callTool(fetch, 'wide')
    await vi.waitFor(() => expect(second.held).toHaveLength(1), PATIENT)

    // The connection that listens is dead, and nobody closed it. Everything else of the database answers.
    proxy.cut()
    expect(await streamed.text()).toContain('"code":"state.feed-silent"')
    await stream.text()
    await expectDenied(second.held[0]?.select() ?? Promise.resolve(), 'execution.no-call')
    expect(ends(second)).toEqual(['state.feed-silent', 'state.feed-silent'])
    const request = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `DPoP ${accessToken}`,
        dpop: await signProof(key, { method: 'POST', url: RESOURCE, accessToken }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }),
    }
    const refused = await second.fetch(RESOURCE, request)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await refused.json()).toMatchObject({ error: { data: { code: 'state.feed-silent' } } })
    expect(second.held, 'nothing ran').toHaveLength(1)
    await expect(
      second.lockstep.revoke(ann, 'is revoked all the same').then(() => second.fetch(RESOURCE, request)),
    ).resolves.toMatchObject({ status: 503 })

    proxy.mend()
    await vi.waitFor(async () => expect((await second.fetch(RESOURCE, request)).status).toBe(401), PATIENT)
    const bob = await first.agent({ fetch: second.fetch, subject: 'user:bob' })
    const open = await openStream(bob.fetch)
    expect(open.status, 'it recovers by itself').toBe(200)
    await open.body?.cancel()
    expect((await openStream((await first.agent()).fetch)).status, 'the other instance heard').toBe(401)
  }, 240_000)

  test(proves('attacks:revoked-permission'), async () => {
    const first = await instance(60_000)
    const second = await instance(60_000, first)
    const { fetch } = await first.agent({ fetch: second.fetch })
    const runs = async (name: string) => {
      const before = second.held.length
      const answer = callTool(fetch, name)
      const ran = vi.waitFor(() => expect(second.held.length).toBeGreaterThan(before), { ...PATIENT, interval: 5 })
      await Promise.race([answer, ran])
      second.held[before]?.answer()
      await (await answer).text()
      return second.held.length > before
    }
    expect([await runs('greet'), await runs('wide')]).toEqual([true, true])
    const written = second.lockstep.policyVersion
    await first.lockstep.revoke({ permission: 'ann-greets' }, 'under review')
    await vi.waitFor(() => expect(second.lockstep.policyVersion).toBe(first.lockstep.policyVersion), PATIENT)
    expect(second.lockstep.policyVersion).not.toBe(written)
    expect([await runs('greet'), await runs('wide')]).toEqual([false, true])
    await second.close()
    opened.splice(opened.indexOf(second), 1)
    const third = await instance(60_000, undefined, { schema: `feed_${made - 1}` })
    expect(third.lockstep.policyVersion, 'a restart restores nothing').toBe(first.lockstep.policyVersion)
    await third.lockstep.restore({ permission: 'ann-greets' }, 'is fine')
    await third.lockstep.revoke('decisions', 'a new epoch')
    await vi.waitFor(() => expect(first.lockstep.policyVersion).toBe(third.lockstep.policyVersion), PATIENT)
    expect(third.lockstep.policyVersion).not.toBe(written)
    await expect(third.lockstep.restore({ permission: 'ann-greets' }, 'again')).rejects.toThrow(/not revoked/)
  }, 240_000)
})
