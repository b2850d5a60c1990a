import { createHash, randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import {
  type Clock,
  LockstepError,
  type RevocationNotice,
  refuseUnknownOptions,
  type SingleUseStore,
} from '@lockstep/core'
import { checkBound, DEFAULT_BOUND_MS } from '../feed/check-bound.ts'
import { createFeedHub } from '../feed/create-feed-hub.ts'
import { openInstanceFolder } from '../folder/open-instance-folder.ts'
import { createPostgresRateLimiter } from '../rate-limits/postgres-rate-limiter.ts'
import { createRedisRateLimiter } from '../rate-limits/redis-rate-limiter.ts'
import { createRedisBroadcast } from '../redis/redis-broadcast.ts'
import type { RedisShape } from '../redis/redis-shape.ts'
import { createRedisUses } from '../redis/redis-uses.ts'
import { createSqlStores } from '../sql/create-sql-stores.ts'
import { isRevoked } from '../sql/is-revoked.ts'
import { createProofMark } from '../sql/proof-mark.ts'
import { readLasting } from '../sql/read-lasting.ts'
import { keepRow } from '../sql/sql-kept.ts'
import { createSqlUses } from '../sql/sql-uses.ts'
import type { State, StateSource } from '../state.ts'
import type { Uses } from '../uses.ts'
import { createPoolDatabase, type PoolDatabase } from './pool-database.ts'
import type { PoolShape } from './pool-shape.ts'
import { openPostgresFeed } from './postgres-feed.ts'
import { prepareDatabase } from './prepare-database.ts'

/** Options of {@link postgresState}. Either `pool` or `connectionString`. */
export interface PostgresStateOptions {
  /** A `pg.Pool`. It stays yours: closing the state does not end it. One of its connections listens for revocations as long as it is open. */
  readonly pool?: PoolShape | undefined
  /** Where to open a pool of our own, with the package `pg`. */
  readonly connectionString?: string | undefined
  /** The schema of our tables. The first instance makes it. @defaultValue `lockstep` */
  readonly schema?: string | undefined
  /**
   * An ioredis client that remembers proofs and counts rate limits in the database's place, and tells of revocations beside it. It stays
   * yours. @defaultValue the database does
   */
  readonly redis?: RedisShape | undefined
  /** This instance's own folder, for its audit log: instances on one machine need one each. @defaultValue `./.lockstep` */
  readonly auditFolder?: string | undefined
}

const KEYS = ['pool', 'connectionString', 'schema', 'redis', 'auditFolder']

/** A call that took longer than this is over, and its outcome is unknown. Milliseconds. */
const LONGEST_CALL_MS = 1_800_000

/**
 * State in PostgreSQL (13 or later), shared by any number of instances: for the option `state` of the configuration. What was consumed stays
 * consumed over a restart or crash of every part; the keys that sign are kept there too, so what one instance signed another verifies.
 *
 * Opening rejects with `state.unavailable` (it does not answer), `state.unsuitable` (it may lose what it acknowledged, or Redis may evict),
 * `state.format` (the tables are of another version), `state.locked` or `state.not-writable` (the folder). Throws `TypeError` for options
 * that cannot be meant.
 *
 * @example
 * ```ts
 * import { postgresState } from '@lockstep/stores/postgres'
 *
 * export const state = postgresState({ connectionString: 'postgres://lockstep@db.internal/lockstep' })
 * ```
 */
export function postgresState(options: PostgresStateOptions): StateSource {
  checkOptions(options)
  const { schema = 'lockstep', redis, auditFolder = './.lockstep' } = options
  return {
    async open({ clock, base, bound = DEFAULT_BOUND_MS, beside = '.' }) {
      checkBound(bound)
      const instance = await openInstanceFolder(resolve(base, auditFolder, beside))
      const closing: (() => Promise<void> | void)[] = []
      const close = () =>
        instance.close(async () => {
          for (const one of closing) await one()
        })
      try {
        const { pool, end } = await openPool(options)
        closing.push(end)
        const db = createPoolDatabase(pool, schema)
        closing.unshift(() => db.close())
        await prepareDatabase(db, schema)
        const rateLimiter = redis
          ? createRedisRateLimiter(redis)
          : createPostgresRateLimiter(async (text, given) => ({ rows: await db.rows(text, given) }), clock, schema)
        const hub = createFeedHub()
        const channel = `lockstep_${createHash('sha256').update(schema).digest('hex').slice(0, 16)}`
        const feed = await openPostgresFeed({ connect: () => pool.connect(), qualify: db.qualify, channel, hub, bound })
        closing.unshift(() => feed.close())
        const readKept = () => readLasting((sql, parameters) => db.rows(sql, parameters))
        // One name for the instances over this database: others may share the same Redis.
        const name = redis ? await keepRow(db, 'redis-name', randomUUID) : ''
        const broadcast =
          redis && createRedisBroadcast({ redis, channel: `{lockstep:${name}}:revoked`, hub, readLasting: readKept })
        if (broadcast) closing.unshift(() => broadcast.close())
        const tell = (notice: RevocationNotice) => {
          hub.tell(notice)
          broadcast?.send(notice)
        }
        return {
          ...(await openStores({ db, clock, proofs: { redis, name }, channel, tell })),
          feed,
          rateLimiter,
          audit: instance,
          close,
        }
      } catch (error) {
        await close()
        throw error
      }
    },
  }
}

interface StoresOptions {
  readonly db: PoolDatabase
  readonly clock: Clock
  readonly proofs: { readonly redis: RedisShape | undefined; readonly name: string }
  readonly channel: string
  readonly tell: (notice: RevocationNotice) => void
}

async function openStores({
  db,
  clock,
  proofs: { redis, name },
  channel,
  tell,
}: StoresOptions): Promise<Omit<State, 'feed' | 'rateLimiter' | 'audit' | 'close'>> {
  const keep: State['keep'] = (name, make) => keepRow(db, name, make)
  const revoked: SingleUseStore['isRevoked'] = (standing) => isRevoked(db, standing)
  const mark = createProofMark(db)
  const proofs: Uses = redis
    ? createRedisUses({ redis, clock, mark, isRevoked: revoked, name })
    : createSqlUses({ db, clock, space: 'dpop', mark })
  await proofs.open()
  return { ...createSqlStores({ db, clock, proofs, longestCall: LONGEST_CALL_MS, channel, tell }), keep }
}

async function openPool({ pool, connectionString }: PostgresStateOptions) {
  if (pool) return { pool, end: () => undefined }
  // Loaded here: whoever brings a pool, or keeps state elsewhere, needs no driver of ours.
  const { default: pg } = await import('pg').catch(() => {
    throw new LockstepError('state.unavailable', 'the package `pg` is not installed')
  })
  const opened = new pg.Pool({ connectionString, max: 10, connectionTimeoutMillis: 5_000, statement_timeout: 10_000 })
  // Without a listener, an idle connection that breaks would end the process. The next statement is told.
  opened.on('error', () => undefined)
  return { pool: opened, end: () => opened.end() }
}

function checkOptions(options: PostgresStateOptions): void {
  const where = 'postgresState()'
  refuseUnknownOptions(options, KEYS, where)
  const { pool, connectionString, schema, redis, auditFolder } = options
  if ((pool === undefined) === (connectionString === undefined)) {
    throw new TypeError(`${where}: expected either \`pool\` or \`connectionString\``)
  }
  if (pool && !(typeof pool.query === 'function' && typeof pool.connect === 'function')) {
    throw new TypeError(`${where}: \`pool\` must be a pg.Pool`)
  }
  if ((pool?.options?.max ?? 2) < 2) throw new TypeError(`${where}: \`pool\` must have two connections or more`)
  const needed = [redis?.call, redis?.defineCommand, redis?.duplicate]
  if (redis && needed.some((method) => typeof method !== 'function'))
    throw new TypeError(`${where}: \`redis\` must be an ioredis client`)
  for (const [name, value] of Object.entries({ connectionString, schema, auditFolder })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new TypeError(`${where}: \`${name}\` must be a text`)
    }
  }
  if (schema !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/i.test(schema)) {
    throw new TypeError(`${where}: \`schema\` must be letters, digits and underscores, at most 63`)
  }
}
