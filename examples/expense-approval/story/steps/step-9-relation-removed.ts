import { invoice, submittedInvoice } from '../invoices.ts'
import { expectThat, type Step } from '../step.ts'

/** Alice no longer manages department 42: what was issued before is worth nothing. */
export const relationRemoved: Step = {
  name: 'step 9',
  title: '9. The relation alice-manages-42 is removed',
  async play(stage, screen) {
    const { data, oauthOnlyData } = stage.arms
    const alice = await stage.agentOf('alice')
    const session = await alice.connect('lockstep')
    const plain = await alice.connect('oauth-only')
    const target = await submittedInvoice(data.pglite, 200_000, 300_000)
    const args = { invoiceId: target.id }

    const { tools } = await session.listTools()
    const capability = tools.find(({ name }) => name === 'approveExpense')?._meta?.['lockstep/capability']
    const txnToken = await alice.txnToken('approveExpense', args)
    expectThat(capability, 'she holds a capability and a txn-token')

    for (const { pglite } of [data, oauthOnlyData]) {
      await pglite.query("delete from department_managers where employee_id = 'user:alice' and department_id = 42")
    }
    const { tools: after } = await session.listTools()
    const withToken = await session.call('approveExpense', args, { txnToken })
    const withCapability = await alice.post('approveExpense', args, { 'lockstep/capability': capability as never })
    const behindOauth = await plain.call('approveExpense', args)
    for (const { pglite } of [data, oauthOnlyData]) {
      await pglite.query("insert into department_managers values ('user:alice', 42)")
    }

    screen.line()
    screen.fact('removed', 'user:alice#manages@dept:42')
    screen.fact('listed', after.map(({ name }) => name).join(', '))
    expectThat(!after.some(({ name }) => name === 'approveExpense'), 'the next list has no approveExpense')
    expectThat(!withToken.outcome.ok, 'the txn-token is refused')
    screen.fact('refused', `the txn-token from before: ${withToken.outcome.reason}`)
    expectThat(withCapability.body.error, 'the capability is refused')
    screen.fact('refused', `the capability from before: ${withCapability.body.error?.data?.code}`)
    expectThat((await invoice(data.pglite, target.id))?.status === 'submitted', 'the invoice did not change')
    expectThat(behindOauth.outcome.ok, 'OAuth alone knows nothing of it')
    const status = (await invoice(oauthOnlyData.pglite, target.id))?.status
    return [
      {
        what: 'invoice approved after the relation was removed',
        oauthOnly: status === 'approved' ? '1' : '0',
        lockstep: '0',
      },
    ]
  },
}
