import { EPOCH_NAMES, RESTORED, type RevocationNotice, UNTIL_RESTORED } from '@lockstep/core'
import { noticeOf, type RevocationRow } from './sql-revocations.ts'

const LASTING = `
  select name, revoked_until, revision from {revocations}
  where revoked_until in (${RESTORED}, ${UNTIL_RESTORED}) or name in (${EPOCH_NAMES.map((name) => `'${name}'`).join(', ')})`

/** Reads what every instance must know of: what is revoked until it is restored, what was restored, and the epochs. */
export async function readLasting(
  rows: (sql: string, parameters: readonly unknown[]) => Promise<readonly RevocationRow[]>,
): Promise<readonly RevocationNotice[]> {
  return (await rows(LASTING, [])).map(noticeOf)
}
