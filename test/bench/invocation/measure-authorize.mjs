import { randomUUID } from 'node:crypto'
import { throughput } from './throughput.mjs'
import { openInstance } from './world.mjs'

/** Rounds that warm connections, plans and the compiler up. */
const WARMING = 2

/**
 * Calls per second of wall-clock time with 64 in flight, one list of interleaved rounds each: `insert` is one INSERT of two values per call,
 * `authorize` the whole authorize step. Both over one pool; each commit waits for the disk.
 */
export async function measureAuthorize({ pool, policies, rounds, calls }) {
  await pool.query('create table bare (id uuid primary key, expires_at bigint not null)')
  const instance = await openInstance({ pool, schema: 'authorize', policies })
  const insert = (id) => pool.query('insert into bare (id, expires_at) values ($1, $2)', [id, Date.now() + 60_000])
  const samples = { insert: [], authorize: [] }
  try {
    for (let round = -WARMING; round < rounds; round += 1) {
      const ids = Array.from({ length: calls }, () => randomUUID())
      const prepared = await Promise.all(ids.map((id) => instance.prepare(id)))
      const inserted = await throughput(ids, insert)
      const authorized = await throughput(prepared, instance.authorize)
      if (round < 0) continue
      samples.insert.push(inserted)
      samples.authorize.push(authorized)
    }
    return samples
  } finally {
    await instance.close()
  }
}
