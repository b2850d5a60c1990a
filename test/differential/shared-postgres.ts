import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** PostgreSQL's servers run as another user when the tests run as root. */
const ENTERED_BY_ALL = 0o777

/** Before all tests: where all files of a run find what the first of them prepared of PostgreSQL. Gone after the run. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // every project of the configuration calls it
  if (process.env.LOCKSTEP_POSTGRES) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-postgres-run-'))
  if (userInfo().uid === 0) await chmod(folder, ENTERED_BY_ALL)
  process.env.LOCKSTEP_POSTGRES = folder
  return () => rm(folder, { recursive: true, force: true })
}
