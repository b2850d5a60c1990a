import type { PGlite } from '@electric-sql/pglite'
import type { DatabaseReader } from '@lockstep/mcp'

/** The role that reads what decisions rest on, and can do nothing else. */
const READER = 'lockstep_reader'

/** Makes the role. On a server it would be the login of a pool of its own, with a `statement_timeout`. */
export const READER_ROLE = `
create role ${READER};
grant usage on schema public to ${READER};
grant select on all tables in schema public to ${READER};
`

/** Reads as that role. The database inside the process has one connection, of its owner, so each statement changes its role for itself. */
export function readAsReader(pglite: () => Promise<Pick<PGlite, 'transaction'>>): DatabaseReader {
  return {
    as: READER,
    query: async (text, parameters) =>
      (await pglite()).transaction(async (transaction) => {
        await transaction.exec(`set local role ${READER}`)
        return transaction.query<Record<string, unknown>>(text, parameters)
      }),
  }
}
