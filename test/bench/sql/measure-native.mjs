import { compare, endSessions } from './compare.mjs'
import { newCall, openRewriter } from './rewriter.mjs'
import { STATEMENTS } from './statements.mjs'
import { PEOPLE, READER } from './world.mjs'

const VARIANTS = [
  { name: 'plain', form: 'plain', place: 'row', says: '', target: { atMost: 1.25 } },
  { name: 'leaky', form: 'leaky', place: 'row', says: ', leaky condition', target: { atMost: 1.6 } },
  { name: 'key', form: 'plain', place: 'key', says: ', filter through a foreign key', target: { atMost: 1.25 } },
]

/** Measures rewritten statements over the same statements under native row-level security; see the header of run.mjs. */
export async function measureNative(postgres, size) {
  const rewriters = { row: await openRewriter('row'), key: await openRewriter('key') }
  const measures = {}
  const pool = postgres.pool(READER)
  const reader = extended(pool)
  for (const { share, subject, role } of PEOPLE) {
    const pools = { row: postgres.pool(role), key: postgres.pool(`${role}_key`) }
    for (const { name: variant, form, place, says, target } of VARIANTS) {
      for (const [name, statement] of Object.entries(STATEMENTS)) {
        const { text, parameters } = rewriters[place].rewrite(newCall(subject), statement[form], statement.parameters)
        const own = () => reader(text, parameters)
        const native = extended(pools[place])
        const other = () => native(statement[form], statement.parameters)
        const renew = () => endSessions(pool, pools[place])
        await refuseOtherRows(own, other, name)
        measures[`native-${variant}-${name}-${share}`] = {
          says: `over native row security: ${statement.says}${says}, ${share} % visible`,
          value: await compare(own, other, { ...size, renew }),
          ...target,
        }
      }
    }
  }
  return measures
}

/** Sends statements as `guardPool` does for the first time: unnamed, by the extended protocol. */
const extended = (pool) => (text, values) => pool.query({ text, values: [...values], queryMode: 'extended' })

/** A benchmark of wrong answers would say nothing, and neither would one of none. */
export async function refuseOtherRows(own, other, name) {
  const [ours, theirs] = [await own(), await other()].map(({ rows }) => rows.map((row) => JSON.stringify(row)).sort())
  if (ours.length === 0 || ours.join() !== theirs.join()) throw new Error(`the rows of \`${name}\` differ`)
}
