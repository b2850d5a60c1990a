import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../../differential/start-postgres.mjs'
import { startRedis } from '../../fixtures/start-redis.mjs'
import { openInstance } from './revocation-instance.mjs'

/** The bound that is promised by default, in milliseconds. */
export const BOUND_MS = 5_000

/**
 * How long after `lockstep.revoke('decisions', …)` is called nothing counts any more that was decided before: in this process, and in another one
 * over the same PostgreSQL, without and with Redis beside it. Milliseconds, median and maximum.
 */
export async function measureRevocations({ revocations }) {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  const database = await startPostgres()
  const cache = spawnSync('redis-server', ['--version']).status === 0 ? await startRedis() : undefined
  try {
    const at = (name) => ({ connectionString: database.connectionString, folder: join(folder, name) })
    return {
      'same process': await inOneProcess(revocations),
      'two processes over PostgreSQL': await betweenTwo(revocations, at('first'), at('second')),
      ...(cache && {
        'two processes over PostgreSQL with Redis beside it': await betweenTwo(
          revocations,
          { ...at('third'), redisPort: cache.port },
          { ...at('fourth'), redisPort: cache.port },
        ),
      }),
    }
  } finally {
    await cache?.stop()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function inOneProcess(revocations) {
  const { lockstep, close } = await openInstance({})
  const times = []
  for (let round = 0; round < revocations; round += 1) {
    const before = lockstep.policyVersion
    const from = process.hrtime.bigint()
    await lockstep.revoke('decisions', 'bench')
    times.push(process.hrtime.bigint() - from)
    if (lockstep.policyVersion === before) throw new Error('what was decided still counts')
  }
  await close()
  return summary(times)
}

async function betweenTwo(revocations, here, there) {
  const child = fork(fileURLToPath(new URL('revocation-child.mjs', import.meta.url)), [
    there.connectionString,
    String(there.redisPort ?? ''),
    there.folder,
  ])
  const [{ ready }] = await once(child, 'message')
  if (!ready) throw new Error('the other process is not ready')
  const { lockstep, close } = await openInstance(here)
  const times = []
  for (let round = 0; round < revocations; round += 1) {
    const heard = once(child, 'message')
    const from = process.hrtime.bigint()
    await lockstep.revoke('decisions', 'bench')
    const [{ at }] = await heard
    times.push(BigInt(at) - from)
  }
  await close()
  child.disconnect()
  await once(child, 'exit')
  return summary(times)
}

function summary(times) {
  const sorted = times.map((time) => Number(time) / 1e6).sort((a, b) => a - b)
  const round = (ms) => Number(ms.toPrecision(2))
  return { median: round(sorted[sorted.length >> 1]), maximum: round(sorted.at(-1)) }
}
