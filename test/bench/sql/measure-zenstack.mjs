import { guardDialect } from '@lockstep/kysely'
import { guardPool } from '@lockstep/pg'
import { Kysely } from 'kysely'
import { compare } from './compare.mjs'
import { refuseOtherRows } from './measure-native.mjs'
import { openInstance } from './open-instance.mjs'
import { STATEMENTS } from './statements.mjs'
import { PEOPLE, READER } from './world.mjs'
import { openZenstack } from './zenstack/open-zenstack.mjs'

/** Measures ZenStack's policy plugin over the guarded dialect of Kysely; see the header of run.mjs. */
export async function measureZenstack(postgres, size) {
  const pool = postgres.pool(READER)
  const instance = await openInstance({ query: (text, values) => pool.query(text, values) })
  const guarded = new Kysely({ dialect: guardDialect(instance.lockstep, guardPool(instance.lockstep, pool)) })
  const zenstackOf = openZenstack(postgres.pool(READER))
  const measures = {}
  for (const person of PEOPLE) {
    const caller = await instance.callerOf(person.subject)
    const theirs = zenstackOf(person)
    for (const [name, { says, build, parameters }] of Object.entries(STATEMENTS)) {
      const own = () => build(guarded, parameters).execute()
      const other = () => build(theirs, parameters).execute()
      await caller.call(() => refuseOtherRows(rowsOf(own), rowsOf(other), name))
      measures[`zenstack-${name}-${person.share}`] = {
        says: `times faster than ZenStack: ${says}, ${person.share} % visible`,
        value: await compare(other, own, { ...size, round: caller.call }),
        atLeast: 1,
      }
    }
    await caller.close()
  }
  await instance.close()
  return measures
}

const rowsOf = (run) => async () => ({ rows: await run() })
