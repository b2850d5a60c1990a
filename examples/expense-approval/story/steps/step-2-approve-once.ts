import { randomUUID } from 'node:crypto'
import { ACR_MFA } from '../../authorization-server/assurance.ts'
import { invoice, submittedInvoice } from '../invoices.ts'
import { money } from '../money.ts'
import { expectThat, type Step } from '../step.ts'
import { tellCall } from '../tell.ts'

/** One invoice within the limit, approved with a token for exactly that call; and everything else that one might do with the token. */
export const approveOnce: Step = {
  name: 'steps 2 and 3',
  title: '2. Approve INV-8831 with a token for exactly this call   3. and nothing else',
  async play(stage, screen) {
    const { data, oauthOnlyData } = stage.arms
    const alice = await stage.agentOf('alice')
    const guarded = await alice.connect('lockstep')
    const plain = await alice.connect('oauth-only')
    const args = { invoiceId: 'INV-8831' }
    const idempotencyKey = randomUUID()

    const txnToken = await alice.txnToken('approveExpense', args)
    const first = await guarded.call('approveExpense', args, { txnToken, idempotencyKey })
    screen.line()
    tellCall(
      screen,
      {
        what: `approveExpense INV-8831 (${money(480_000)}), with a fresh txn-token`,
        by: 'user:alice',
        through: stage.actor,
      },
      await stage.recorded(first.trace),
    )
    expectThat(stage.legitimate('lockstep', first.outcome.ok) && first.outcome.ok, 'the approval succeeds')
    screen.fact('answered', JSON.stringify(first.outcome.content))
    expectThat(Object.keys(first.outcome.content).join() === 'invoiceId,status', 'the answer holds the minimal fields')
    expectThat((await invoice(data.pglite, 'INV-8831'))?.status === 'approved', 'the row changed')

    const other = await submittedInvoice(data.pglite, 1, 99_999)
    const attempts = {
      'the same txn-token again': await guarded.call('approveExpense', args, { txnToken }),
      'with another invoice': await guarded.call(
        'approveExpense',
        { invoiceId: other.id },
        {
          txnToken: await alice.txnToken('approveExpense', {
            invoiceId: (await submittedInvoice(data.pglite, 100_000, 200_000)).id,
          }),
        },
      ),
      'without a txn-token': await guarded.call('approveExpense', { invoiceId: other.id }),
    }
    const codes = ['invocation.txn-token-replayed', 'invocation.txn-params-mismatch', 'invocation.txn-token-missing']
    for (const [index, [what, { outcome }]] of Object.entries(attempts).entries()) {
      expectThat(!outcome.ok && outcome.reason.includes(codes[index] ?? ''), `it is refused ${what}: ${codes[index]}`)
      screen.fact('refused', `${what}: ${outcome.reason}`)
    }
    expectThat((await invoice(data.pglite, other.id))?.status === 'submitted', 'the other invoice did not change')

    const writes = await writesTo(stage)
    const retried = await guarded.call('approveExpense', args, { txnToken, idempotencyKey })
    expectThat(retried.outcome.ok, 'a network retry with the same Idempotency-Key gets its answer')
    expectThat(JSON.stringify(retried.outcome) === JSON.stringify(first.outcome), 'it is the same answer')
    expectThat((await writesTo(stage)) === writes, 'nothing was written again')
    screen.fact('retried', 'with the same Idempotency-Key and a fresh proof: the same answer, no second effect')

    const strong = await stage.agentOf('alice', ACR_MFA)
    const strongSession = await strong.connect('lockstep')
    const report = { to: 'audit@expense.example', text: 'INV-8831 is approved' }
    const forReport = await strong.txnToken('sendReport', report)
    const turned = await strongSession.call('sendReport', { text: report.text, to: report.to }, { txnToken: forReport })
    const again = await strongSession.call('sendReport', report, { txnToken: forReport })
    expectThat(turned.outcome.ok, 'the same arguments in another order are the same call')
    expectThat(!again.outcome.ok, 'and its token is used up too')
    screen.fact('accepted', 'the same arguments in another key order, with a token of their own, once')

    const oauth = [
      await plain.call('approveExpense', args),
      await plain.call('approveExpense', { invoiceId: other.id }),
    ]
    stage.legitimate('oauth-only', oauth[0]?.outcome.ok === true)
    expectThat(
      oauth.every(({ outcome }) => outcome.ok),
      'OAuth alone approves what the token has the scope for',
    )
    const approved = (await Promise.all(['INV-8831', other.id].map((id) => invoice(oauthOnlyData.pglite, id)))).filter(
      (found) => found?.status === 'approved',
    )
    return [
      { what: 'invoices approved with consent for one', oauthOnly: String(approved.length), lockstep: '1' },
      {
        what: 'uses of one authorization',
        oauthOnly: 'until it expires',
        lockstep: `1 (${Object.keys(attempts).length} more refused)`,
      },
    ]
  },
}

/** How often the application wrote, by the rows that are approved. */
async function writesTo(stage: Parameters<Step['play']>[0]): Promise<number> {
  const { rows } = await stage.arms.data.pglite.query<{ n: number }>(
    "select count(*)::int as n from expenses where status = 'approved'",
  )
  return rows[0]?.n ?? 0
}
