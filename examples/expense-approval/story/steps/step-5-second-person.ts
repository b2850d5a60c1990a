import { ACR_MFA } from '../../authorization-server/assurance.ts'
import type { CallOutcome } from '../agent-session.ts'
import { invoice } from '../invoices.ts'
import { money } from '../money.ts'
import { expectThat, type Step } from '../step.ts'
import { tellCall } from '../tell.ts'

const ARGS = { invoiceId: 'INV-9001' }

/** An invoice above the limit: a stronger sign-in, then a second person, then the call. */
export const secondPerson: Step = {
  name: 'step 5',
  title: '5. INV-9001 is above the limit: a stronger sign-in, and a second person',
  async play(stage, screen) {
    const { data, oauthOnlyData } = stage.arms
    const weak = await (await stage.agentOf('alice')).connect('lockstep')
    const { http: challenged } = await weak.call('approveExpense', ARGS)
    screen.line()
    screen.fact('asked', `approveExpense INV-9001 (${money(620_000)}) by user:alice through ${stage.actor}`)
    screen.fact('answered', `${challenged.status} ${challenged.challenge}`)
    expectThat(challenged.status === 401, 'a stronger sign-in is demanded')
    expectThat(
      /insufficient_user_authentication.*acr_values="urn:expense:acr:mfa"/.test(challenged.challenge),
      'by an RFC 9470 challenge',
    )

    const strong = await stage.agentOf('alice', ACR_MFA)
    const session = await strong.connect('lockstep')
    const waiting = await session.call('approveExpense', ARGS)
    const approvalId = demanded(waiting.outcome)
    expectThat(waiting.http.status === 403 && approvalId, 'with the stronger acr a second person is still demanded')
    screen.fact('then', `signed in with ${ACR_MFA}: ${waiting.http.status} invocation.approval-required`)

    const own = await stage.consent('alice', approvalId)
    expectThat(
      own.status === 403 && own.body.error?.data?.code === 'invocation.approval-self',
      'alice cannot approve her own request',
    )
    const carol = await stage.consent('carol', approvalId)
    expectThat(
      carol.body.error?.data?.code === 'invocation.approval-invalid',
      'carol is no co-approver for department 42',
    )
    const bob = await stage.consent('bob', approvalId)
    expectThat(bob.status === 200, 'bob approves')
    screen.fact('consent', `user:alice ${own.status}, user:carol ${carol.status}, user:bob ${bob.status}`)

    await setAmount(stage, 690_000)
    const changed = demanded((await session.call('approveExpense', ARGS)).outcome)
    expectThat(changed, 'for another amount his approval does not fit')
    expectThat(changed !== approvalId, 'a new approval is asked for')
    screen.fact('changed', `the stored amount becomes ${money(690_000)}: invocation.approval-required`)
    await setAmount(stage, 620_000)

    const { trace } = await session.listTools()
    const txnToken = await strong.txnToken('approveExpense', ARGS)
    const done = await session.call('approveExpense', ARGS, { txnToken, trace })
    tellCall(
      screen,
      { what: 'approveExpense INV-9001, approved by bob', by: 'user:alice', through: stage.actor },
      await stage.recorded(trace),
    )
    expectThat(
      stage.legitimate('lockstep', done.outcome.ok) && (await invoice(data.pglite, 'INV-9001'))?.status === 'approved',
      'the call succeeds',
    )
    const twice = await session.call('approveExpense', ARGS, { txnToken })
    expectThat(!twice.outcome.ok, 'and only once')
    screen.fact('trace', trace)
    stage.traces.set('step 5', trace)

    const plain = await (await stage.agentOf('alice')).connect('oauth-only')
    const alone = await plain.call('approveExpense', ARGS)
    expectThat(
      stage.legitimate('oauth-only', alone.outcome.ok) &&
        (await invoice(oauthOnlyData.pglite, 'INV-9001'))?.status === 'approved',
      'behind OAuth alone one person is enough',
    )
    return [
      {
        what: `people behind an approval of ${money(620_000)}`,
        oauthOnly: '1',
        lockstep: '2, one with a second factor',
      },
    ]
  },
}

/** The id of the request for consent that a refusal is about. */
function demanded(outcome: CallOutcome): string | undefined {
  if (outcome.ok || !outcome.reason.includes('[invocation.approval-required]')) return undefined
  return outcome.approval
}

async function setAmount({ arms }: Parameters<Step['play']>[0], cents: number): Promise<void> {
  await arms.data.pglite.query('update expenses set amount = $1 where id = $2', [cents, 'INV-9001'])
}
