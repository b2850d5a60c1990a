import { lacks } from '../programs.ts'
import { POSTGRES_15, type PostgresVersion } from './start-postgres.mjs'

export { startPostgres, type TestPostgres } from './start-postgres.mjs'

/** The versions that the SQL suites run on: the oldest that is supported, where it is installed, and the newest. */
export const VERSIONS: readonly PostgresVersion[] = lacks(POSTGRES_15) ? [18] : [15, 18]
