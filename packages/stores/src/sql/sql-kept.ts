import { LockstepError } from '@lockstep/core'
import { checkKeptName } from '../state-options.ts'
import type { Database } from './database.ts'

const GET = 'select content from {kept} where name = $1'
const KEEP = 'insert into {kept} (name, content) values ($1, $2) on conflict do nothing'

/**
 * Returns the text kept under `name`, made by `make` the first time. All instances over one database get the same: of several that make one,
 * the first to keep it wins. Rejects with `state.unavailable`, or with what `make` rejects with.
 */
export async function keepRow(db: Database, name: string, make: () => string | Promise<string>): Promise<string> {
  checkKeptName(name)
  const read = async () => (await db.rows<{ content: string }>(GET, [name]))[0]?.content
  const known = await read()
  if (known !== undefined) return known
  await db.rows(KEEP, [name, await make()])
  const kept = await read()
  if (kept === undefined) throw new LockstepError('state.unavailable', 'the text was not kept')
  return kept
}
