import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'

/**
 * Keeps a PostgreSQL and the sessions that it will have on the last processor, where Linux can (`taskset` of util-linux), and says whether it could.
 * Of two sessions that run the same plan, the one that shares a processor with this process takes up to twice as long as the other.
 */
export async function keepOnProcessor(pool) {
  const { rows } = await pool.query(`select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as process`)
  const processor = String(availableParallelism() - 1)
  return promisify(execFile)('taskset', ['--all-tasks', '--cpu-list', '--pid', processor, rows[0].process]).then(
    () => true,
    () => false,
  )
}
