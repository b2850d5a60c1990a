import type { GrantOptions } from '@lockstep/mcp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import type { ExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { type JobHouse, openJobHouse } from '../fixtures/expense/job-house.ts'
import { proves } from '../requirements/index.ts'

const options: GrantOptions = { purpose: 'send the report' }
let world: JobHouse
let house: ExpenseHouse
let state: JobHouse['state']
beforeAll(async () => {
  world = await openJobHouse(options)
  house = world.house
  state = world.state
})
afterAll(() => house.close())

const without: JobHouse['without'] = (...between) => world.without(...between)
const recordedOf = (trace: string) => world.events.filter((event) => event.trace === trace)

describe(proves('jobs:run:consent'), () => {
  /** Work that was granted in a call with bob's consent, of which nothing else came. */
  async function consented() {
    const strong = await house.agent('alice', { acr: ACR_MFA })
    const { id } = await house.invoice(600_000)
    const args = { invoiceId: id }
    const waiting = await strong.call('approveExpense', args)
    const bob = await house.approver('bob')
    expect((await bob.consent(waiting.body.error?.data?.unlock?.approval?.id ?? '')).status).toBe(200)
    const txnToken = await strong.txnToken('approveExpense', args)
    let grant = ''
    world.inHandler = async () => {
      world.inHandler = async () => {}
      grant = await house.lockstep.grant(options)
      throw new Error('and no more')
    }
    const { trace } = await strong.call('approveExpense', args, { txnToken })
    expect(grant).not.toBe('')
    return { grant, trace, id }
  }
  async function expectNobodyAsked(work: { grant: string; trace: string }, code: string) {
    const before = await state.approvals.list()
    const [effects, known] = [await house.effects(), recordedOf(work.trace).length]
    expect(await house.lockstep.job(work.grant, () => expect.unreachable())).toMatchObject({ ok: false, code })
    expect(await house.effects()).toBe(effects)
    expect(recordedOf(work.trace).slice(known)).toMatchObject([{ step: 'invocation', outcome: 'denied', code }])
    expect(await state.approvals.list()).toEqual(before)
  }

  test('what was used for the call counts for its job, and nobody else is asked', async () => {
    const work = await consented()
    const noBob = `delete from co_approvers where employee_id = 'user:bob'`
    const bob = `insert into co_approvers (employee_id, department_id) values ('user:bob', 42)`
    await without(noBob, bob, () => expectNobodyAsked(work, 'invocation.approval-refused'))
    const more = (by: number) => `update expenses set amount = amount + ${by} where id = '${work.id}'`
    await without(more(1), more(-1), () => expectNobodyAsked(work, 'invocation.approval-required'))
    const outcome = await house.lockstep.job(work.grant, async (job) => {
      expect(job.call.approval?.approvers).toMatchObject([{ id: 'user:bob' }])
      await job.checkpoint()
      await house.data.pglite.exec(noBob)
      await expect(job.checkpoint()).rejects.toMatchObject({ code: 'invocation.approval-refused' })
      await house.data.pglite.exec(bob)
    })
    expect(outcome).toMatchObject({ ok: false, code: 'invocation.approval-refused' })
  })

  test('of a person who was revoked since it does not', async () => {
    const work = await consented()
    await house.lockstep.revoke({ subject: { issuer: house.issuer.issuer, id: 'user:bob' } }, 'stolen')
    await expectNobodyAsked(work, 'invocation.approval-required')
    house.advance(20_000)
  })
})
