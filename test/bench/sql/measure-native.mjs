import { compare } from './compare.mjs'
import { newCall, openRewriter } from './rewriter.mjs'
import { STATEMENTS } from './statements.mjs'
import { PEOPLE, READER } from './world.mjs'

const VARIANTS = [
  { form: 'plain', says: '', atMost: 1.25 },
  { form: 'leaky', says: ', leaky condition', atMost: 1.6 },
]

/** Measures rewritten statements over the same statements under native row-level security; see the header of run.mjs. */
export async function measureNative(postgres, size) {
  const rewriter = await openRewriter()
  const measures = {}
  const reader = extended(postgres.pool(READER))
  for (const { share, subject, role } of PEOPLE) {
    const native = extended(postgres.pool(role))
    for (const { form, says, atMost } of VARIANTS) {
      for (const [name, statement] of Object.entries(STATEMENTS)) {
        const { text, parameters } = rewriter.rewrite(newCall(subject), statement[form], statement.parameters)
        const own = () => reader(text, parameters)
        const other = () => native(statement[form], statement.parameters)
        await refuseOtherRows(own, other, name)
        measures[`native-${form}-${name}-${share}`] = {
          says: `over native row security: ${statement.says}${says}, ${share} % visible`,
          value: await compare(own, other, size),
          atMost,
        }
      }
    }
  }
  return measures
}

/** Sends statements as `guardPool` does: unnamed, by the extended protocol. */
const extended = (pool) => (text, values) => pool.query({ text, values: [...values], queryMode: 'extended' })

/** A benchmark of wrong answers would say nothing, and neither would one of none. */
export async function refuseOtherRows(own, other, name) {
  const [ours, theirs] = [await own(), await other()].map(({ rows }) => rows.map((row) => JSON.stringify(row)).sort())
  if (ours.length === 0 || ours.join() !== theirs.join()) throw new Error(`the rows of \`${name}\` differ`)
}
