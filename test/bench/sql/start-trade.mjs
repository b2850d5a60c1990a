import { startPostgres } from '../../differential/start-postgres.mjs'
import { keepOnProcessor } from './keep-on-processor.mjs'
import { tradeDatabase } from './world.mjs'

/**
 * What could differ between two runs of one statement is left out: no other process takes part in it, nothing is compiled, and nobody cleans up.
 * All data stays in memory. Its sessions share one processor (keep-on-processor.mjs).
 */
const SETTINGS = [
  'shared_buffers=512MB',
  'work_mem=64MB',
  'maintenance_work_mem=128MB',
  'max_parallel_workers_per_gather=0',
  'jit=off',
  'autovacuum=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_wal_size=4GB',
]

/**
 * What a statement gave back stays with its session, as glibc is told here: what else happened to be in its memory would decide whether each
 * statement asks the system for the same pages again.
 */
const MEMORY = { MALLOC_TRIM_THRESHOLD_: '67108864', MALLOC_MMAP_THRESHOLD_: '67108864' }

/** Starts a PostgreSQL of its own with so many lines of business in it; `kept` says whether its sessions share one processor. */
export async function startTrade(lines) {
  Object.assign(process.env, MEMORY)
  const postgres = await startPostgres({ settings: SETTINGS })
  try {
    const pool = postgres.pool()
    const kept = await keepOnProcessor(pool)
    await pool.query(tradeDatabase(lines))
    await pool.query('vacuum analyze')
    const { rows } = await pool.query('show server_version')
    return { ...postgres, version: rows[0].server_version, kept }
  } catch (error) {
    await postgres.stop()
    throw error
  }
}
