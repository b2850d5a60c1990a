import { guardPool } from '@lockstep/pg'
import { compare, endSessions } from './compare.mjs'
import { refuseOtherRows } from './measure-native.mjs'
import { openInstance } from './open-instance.mjs'
import { LONG_PARAMETERS, longByHand, longStatement, STATEMENTS } from './statements.mjs'
import { PEOPLE, READER } from './world.mjs'

const ASKED = {
  ...STATEMENTS,
  long: { says: '600 characters', plain: longStatement(), byHand: longByHand(), parameters: LONG_PARAMETERS },
}

/** Measures the guarded pool over a plain one; see the header of run.mjs. */
export async function measureClient(postgres, size) {
  const plain = postgres.pool(READER)
  const database = { query: (text, values) => plain.query(text, values) }
  const measures = {}
  for (const audited of [false, true]) {
    const instance = await openInstance(database, { audited })
    const pool = postgres.pool(READER)
    const guarded = guardPool(instance.lockstep, pool)
    const renew = () => endSessions(pool, plain)
    const { subject, regions, share } = PEOPLE.at(-1)
    const caller = await instance.callerOf(subject)
    for (const name of audited ? ['point'] : Object.keys(ASKED)) {
      const { says, parameters, byHand, plain: text } = ASKED[name]
      const values = [...parameters, regions]
      const own = () => guarded.query(text, parameters)
      const other = () => plain.query({ text: byHand, values, queryMode: 'extended' })
      await caller.call(() => refuseOtherRows(own, other, name))
      measures[audited ? `pg-${name}-audited` : `pg-${name}`] = {
        says: `through pg, over the filter by hand: ${says}, ${share} % visible${audited ? ', state and audit in a folder' : ''}`,
        value: await compare(own, other, { ...size, round: caller.call, renew }),
        ...(audited ? {} : { atMost: 1.05 }),
      }
      if (audited || name !== 'point') continue
      const kept = () => plain.query({ name: 'kept', text: byHand, values })
      measures[`pg-${name}-kept`] = {
        says: `through pg, over the filter by hand, kept parsed as well: ${says}, ${share} % visible`,
        value: await compare(own, kept, { ...size, round: caller.call, renew }),
      }
    }
    await caller.close()
    await instance.close()
  }
  return measures
}
