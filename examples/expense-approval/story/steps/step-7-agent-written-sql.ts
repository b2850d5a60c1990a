import { expectThat, type Step } from '../step.ts'
import { tellCall } from '../tell.ts'
import { ANALYSIS, HOSTILE } from './agent-statements.ts'

/** SQL that an agent wrote: one honest question, and six that are not. */
export const agentWrittenSql: Step = {
  name: 'step 7',
  title: '7. SQL that the agent wrote',
  async play(stage, screen) {
    const agent = await stage.agentOf('alice')
    const guarded = await agent.connect('lockstep')
    const plain = await agent.connect('oauth-only')
    const by = { by: 'user:alice', through: stage.actor }

    const { outcome, trace } = await guarded.call('queryExpenses', { sql: ANALYSIS })
    const records = await stage.recorded(trace)
    screen.line()
    tellCall(screen, { what: 'queryExpenses: spending by category and month', ...by }, records)
    const rewrite = stage.arms.rewrites.findLast(({ original }) => original === ANALYSIS)
    expectThat(outcome.ok && rewrite?.rewritten, 'the analysis is answered, from a rewritten statement')
    screen.fact('before', '')
    screen.block(rewrite.original)
    screen.fact('after', '')
    screen.block(rewrite.rewritten)
    const everything = await plain.call('queryExpenses', { sql: ANALYSIS })
    stage.legitimate('lockstep', outcome.ok)
    stage.legitimate('oauth-only', everything.outcome.ok)
    expectThat(everything.outcome.ok, 'the analysis is answered without Lockstep too')
    const total = (content: Record<string, unknown>) =>
      (content.rows as readonly { expenses: number }[]).reduce((sum, row) => sum + Number(row.expenses), 0)
    const [mine, all] = [total(outcome.content), total(everything.outcome.content)]
    expectThat(mine > 0 && mine < all, 'the analysis is over her rows only')

    const visible = await guarded.call('queryExpenses', { sql: 'select count(*) as n from expenses' })
    expectThat(visible.outcome.ok, 'she may count what she sees')
    const seen = Number((visible.outcome.content.rows as readonly { n: unknown }[])[0]?.n)
    const leaked = { plain: 0, guarded: 0 }
    for (const { name, sql, leaks } of HOSTILE) {
      const answer = await guarded.call('queryExpenses', { sql })
      const unguarded = await plain.call('queryExpenses', { sql })
      const rowsOf = ({ outcome }: typeof answer) =>
        outcome.ok ? (outcome.content.rows as readonly Record<string, unknown>[]) : []
      if (leaks(rowsOf(unguarded), seen)) leaked.plain += 1
      if (leaks(rowsOf(answer), seen)) leaked.guarded += 1
      screen.line()
      screen.fact('asked', `${name}: ${sql}`)
      screen.fact(
        'answered',
        answer.outcome.ok ? `${JSON.stringify(rowsOf(answer))}: nothing hidden` : answer.outcome.reason,
      )
    }
    expectThat(leaked.guarded === 0, 'no hostile statement returns anything hidden')
    expectThat(leaked.plain > 0, 'the hostile statements are worth refusing')
    return [
      { what: 'expenses behind the analysis', oauthOnly: String(all), lockstep: String(mine) },
      {
        what: 'hostile statements that told something hidden',
        oauthOnly: `${leaked.plain} of ${HOSTILE.length}`,
        lockstep: `${leaked.guarded} of ${HOSTILE.length}`,
      },
    ]
  },
}
