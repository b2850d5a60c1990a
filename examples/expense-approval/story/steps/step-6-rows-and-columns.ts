import type { Arm } from '../stage.ts'
import { expectThat, type Step } from '../step.ts'
import { tellCall } from '../tell.ts'

type Row = Readonly<Record<string, unknown>>

/** The same tool, whose handler has no `where`, called for two people. */
export const rowsAndColumns: Step = {
  name: 'step 6',
  title: "6. The handler's query has no `where`; two people get different rows",
  async play(stage, screen) {
    const list = async (user: 'alice' | 'carol', arm: Arm) => {
      const session = await (await stage.agentOf(user)).connect(arm, user === 'carol' ? '1.x' : '2.x')
      const { outcome, trace } = await session.call('listExpenses', { limit: '10000' })
      stage.legitimate(arm, outcome.ok)
      expectThat(outcome.ok, `listExpenses succeeds for ${user} (${arm})`)
      return { rows: outcome.content.expenses as readonly Row[], trace }
    }
    const alice = await list('alice', 'lockstep')
    const carol = await list('carol', 'lockstep')
    const everything = await list('alice', 'oauth-only')
    await list('carol', 'oauth-only')
    for (const [user, { rows, trace }] of Object.entries({ alice, carol })) {
      screen.line()
      tellCall(screen, { what: 'listExpenses', by: `user:${user}`, through: stage.actor }, await stage.recorded(trace))
      screen.fact('', `${everything.rows.length - rows.length} of ${everything.rows.length} rows`)
      const [first] = rows
      screen.fact(
        'answered',
        `${rows.length} rows of department ${[...new Set(rows.map((row) => row.dept_id))].join(', ')}; the first: ${JSON.stringify(first)}`,
      )
    }

    expectThat(alice.rows.length > 0 && carol.rows.length > 0, 'both see something')
    const departments = ({ rows }: { rows: readonly Row[] }) => [...new Set(rows.map((row) => row.dept_id))].join()
    expectThat(
      departments(alice) === '42' && departments(carol) === '7',
      'alice sees department 42 and carol department 7',
    )
    for (const { rows } of [alice, carol]) {
      expectThat(
        rows.every((row) => /^\*+[A-Z0-9]{4}$/.test(String(row.iban))),
        'every IBAN is masked',
      )
      expectThat(
        rows.every((row) => !('investigation_note' in row)),
        'the confidential column is absent',
      )
    }
    expectThat(everything.rows.length > alice.rows.length + carol.rows.length, 'OAuth alone gives everything')

    const plainIbans = ({ rows }: { rows: readonly Row[] }) =>
      rows.filter((row) => !String(row.iban).startsWith('*')).length
    const notes = ({ rows }: { rows: readonly Row[] }) => rows.filter((row) => row.investigation_note).length
    return [
      {
        what: "rows in alice's listExpenses",
        oauthOnly: String(everything.rows.length),
        lockstep: String(alice.rows.length),
      },
      { what: 'IBANs in full', oauthOnly: String(plainIbans(everything)), lockstep: String(plainIbans(alice)) },
      { what: 'investigation notes', oauthOnly: String(notes(everything)), lockstep: String(notes(alice)) },
    ]
  },
}
