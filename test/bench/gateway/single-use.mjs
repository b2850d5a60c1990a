import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { standingUnder, systemClock } from '@lockstep/core'
import { postgresState } from '@lockstep/stores/postgres'
import { Redis } from 'ioredis'
import { startPostgres } from '../../differential/start-postgres.mjs'
import { startRedis } from '../../fixtures/start-redis.mjs'

const IN_FLIGHT = 64

/**
 * Uses per second of wall-clock time with 64 in flight, one list of interleaved rounds each: a plain `SET NX PX` through ioredis, and
 * `consume` of state in PostgreSQL, with its revocations: `proofs` (unlogged table, group commit) and `transactions` (logged table, synchronous
 * commit, group commit). PostgreSQL and Redis are on this machine; PostgreSQL waits for the disk. Nothing where there is no `redis-server`.
 */
export async function measureSingleUse({ rounds, uses, warming }) {
  if (spawnSync('redis-server', ['--version']).error) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  const database = await startPostgres({ durable: true })
  const server = await startRedis()
  const redis = new Redis(server.port)
  const state = await postgresState({
    connectionString: database.connectionString,
    auditFolder: join(folder, 'instance'),
  }).open({ clock: systemClock, base: folder })
  try {
    const paths = {
      redis: (id) => redis.set(`replay:${id}`, '', 'PX', 61_000, 'NX').then((answer) => answer === 'OK'),
      proofs: (id) => consume(state, 'dpop', id),
      transactions: (id) => consume(state, 'txn', id),
    }
    const samples = { redis: [], proofs: [], transactions: [] }
    for (let round = -warming.singleUse; round < rounds; round += 1) {
      for (const [name, use] of Object.entries(paths)) {
        const perSecond = await throughput(use, uses)
        if (round >= 0) samples[name].push(perSecond)
      }
    }
    return samples
  } finally {
    await state.close()
    redis.disconnect()
    await server.stop()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function consume(state, space, id) {
  const now = Date.now()
  const use = { space, id, issuedAt: Math.ceil(now / 1000) * 1000, expiresAt: now + 61_000, standing: STANDING }
  return (await state.singleUse.consume(use)) === 'consumed'
}

/** Under how many names an access token of one actor stands. */
const STANDING = standingUnder(Date.now() / 1000, [
  { subject: { issuer: 'https://as.bench', id: 'user:alice' } },
  { actor: 'spiffe://bench/agent' },
  { client: { issuer: 'https://as.bench', id: 'agent' } },
  { token: { issuer: 'https://as.bench', id: 'token' } },
])

async function throughput(use, count) {
  const ids = Array.from({ length: count }, () => randomUUID())
  const lane = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      if (!(await use(id))) throw new Error('a fresh id was used before')
    }
  }
  const start = process.hrtime.bigint()
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return (count * 1e9) / Number(process.hrtime.bigint() - start)
}
