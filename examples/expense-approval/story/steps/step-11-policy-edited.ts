import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CapabilityEnvelope } from '@lockstep/core'
import { submittedInvoice } from '../invoices.ts'
import { money } from '../money.ts'
import { expectThat, type Step } from '../step.ts'

/** The policy file is edited while the server runs. */
export const policyEdited: Step = {
  name: 'step 11',
  title: '11. In the Cedar file, 5000 becomes 3000 while the server runs',
  async play(stage, screen) {
    const { lockstep, policies, data } = stage.arms
    const alice = await stage.agentOf('alice')
    const session = await alice.connect('lockstep')
    const between = await submittedInvoice(data.pglite, 300_001, 500_000)
    const args = { invoiceId: between.id }
    const limit = async () => {
      const { tools } = await session.listTools()
      const meta = tools.find(({ name }) => name === 'approveExpense')?._meta?.['lockstep/capability']
      return (meta as CapabilityEnvelope | undefined)?.limits.anyOf[0]?.amount?.atMost
    }

    const [limitBefore, before, version] = [
      await limit(),
      await alice.post('approveExpense', args),
      lockstep.policyVersion,
    ]
    const file = join(policies, 'approve.cedar')
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('5000', '3000'))
    for (let waited = 0; lockstep.policyVersion === version && waited < 100; waited += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const [limitAfter, after] = [await limit(), await alice.post('approveExpense', args)]

    screen.line()
    screen.fact('limit', `${money(limitBefore ?? 0)} becomes ${money(limitAfter ?? 0)} in the capability`)
    expectThat(limitBefore === 500_000 && limitAfter === 300_000, "the capability's limit changed")
    screen.fact(
      'call',
      `${between.id} (${money(between.amount)}): ${before.body.error?.data?.code} becomes ${after.status} ${after.body.error?.data?.code}`,
    )
    expectThat(
      before.body.error?.data?.code === 'invocation.txn-token-missing',
      'before, the policy permitted the call: only its token was missing',
    )
    expectThat(
      after.status === 401 && /acr_values=/.test(after.challenge),
      'after, the same call demands a stronger sign-in',
    )
    return [{ what: 'a limit lowered while it runs', oauthOnly: 'no limit', lockstep: 'at the next call' }]
  },
}
