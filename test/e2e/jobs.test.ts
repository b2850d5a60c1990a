import { LockstepError } from '@lockstep/core'
import type { GrantOptions, Job, JobOutcome } from '@lockstep/mcp'
import { createGrantSealer, createSealingKey } from '@lockstep/tokens'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardClient } from '../../packages/bindings/pg/src/index.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { type ExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
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

const granted: JobHouse['granted'] = (given) => world.granted(given)
const without: JobHouse['without'] = (...between) => world.without(...between)
const select = () => guardClient(house.lockstep, house.data.pglite).query('select id from expenses')
const ran: Job[] = []
const look = async (job: Job) => {
  ran.push(job)
  const { rows } = await select()
  return { expense: { id: rows[0]?.id ?? '' }, secret: 'CANARY' }
}
const recordedOf = (trace: string) => world.events.filter((event) => event.trace === trace)

/** Expects a start to be refused: nothing runs and nothing changes, and one record under the call's trace names the code. */
async function expectRefused(work: { grant: string; trace: string }, code: string, mayRetry = false) {
  const [before, count] = [await house.effects(), ran.length]
  const known = recordedOf(work.trace).length
  expect(await house.lockstep.job(work.grant, look)).toEqual({ ok: false, code, mayRetry })
  expect(ran.length, 'nothing ran').toBe(count)
  expect(await house.effects()).toBe(before)
  expect(recordedOf(work.trace).slice(known)).toMatchObject([{ step: 'invocation', outcome: 'denied', code }])
}

const NO_FINANCE = `delete from role_members where employee_id = 'user:alice'`
const FINANCE = `insert into role_members (employee_id, role) values ('user:alice', 'finance')`

test(proves('jobs:run:after'), async () => {
  const { grant, id, trace } = await granted()
  expect(grant.length).toBeLessThan(8_192)
  await expect(select(), 'the call is answered').rejects.toMatchObject({ code: 'execution.no-call' })
  const known = recordedOf(trace).length
  const outcome = await house.lockstep.job(grant, look)
  expect(outcome).toMatchObject({ ok: true, result: { expense: { id: expect.any(String) } } })
  expect(JSON.stringify(outcome), 'released as an answer of the tool is').not.toContain('CANARY')
  const [job] = ran.splice(0)
  expect(job?.call).toMatchObject({ tool: 'getExpense', arguments: { id }, resource: { type: 'Expense', id } })
  expect(job?.call.caller).toMatchObject({ subject: { id: 'user:alice' }, actor: { id: PLANNER, basis: 'asserted' } })
  expect(Object.isFrozen(job?.call.arguments)).toBe(true)
  const recorded = recordedOf(trace).slice(known)
  expect(recorded.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
    'invocation permitted',
    'execution permitted',
    'response completed',
  ])
  expect(recorded[0]?.detail).toMatchObject({ grant: job?.id, changed: [] })
  expect(JSON.stringify(recorded)).not.toContain(grant)
  await expect(job?.checkpoint(), 'it is over').rejects.toMatchObject({ code: 'invocation.call-closed' })
  expect(job?.signal.aborted).toBe(true)
  await expectRefused({ grant, trace }, 'invocation.call-closed')
})

test(proves('jobs:run:closed'), async () => {
  const { grant } = await granted()
  let late: Promise<unknown> = Promise.resolve()
  let leave: () => void = () => undefined
  const outcome = await house.lockstep.job(grant, async () => {
    late = new Promise<void>((resolve) => {
      leave = resolve
    }).then(select)
    late.catch(() => undefined)
  })
  expect(outcome).toEqual({ ok: true, result: {} })
  leave()
  await expect(late).rejects.toMatchObject({ code: 'execution.no-call' })
})

test(proves('jobs:grant:open'), async () => {
  await expect(house.lockstep.grant(options)).rejects.toMatchObject({ code: 'invocation.unguarded' })
  let late: Promise<unknown> = Promise.resolve()
  let leave: () => void = () => undefined
  const before = (await state.jobs.open()).length
  world.inHandler = async () => {
    world.inHandler = async () => {}
    late = new Promise<void>((resolve) => {
      leave = resolve
    }).then(() => house.lockstep.grant(options))
    late.catch(() => undefined)
  }
  await world.alice.call('listExpenses', {})
  leave()
  await expect(late).rejects.toMatchObject({ code: 'invocation.call-closed' })
  expect((await state.jobs.open()).length).toBe(before)
})

describe(proves('jobs:run:reauthorized'), () => {
  test('where the person lost the relation, until it is given back', async () => {
    const work = await granted()
    await without(NO_FINANCE, FINANCE, () => expectRefused(work, 'invocation.denied'))
    expect(await house.lockstep.job(work.grant, look), 'nothing was used up').toMatchObject({ ok: true })
  })

  test('where the resource is another one now', async () => {
    const work = await granted()
    const move = (dept: number) => `update expenses set dept_id = ${dept} where id = '${work.id}'`
    await without(move(7), move(42), () => expectRefused(work, 'invocation.denied'))
    await without(
      `update expenses set amount = amount + 1 where id = '${work.id}'`,
      `update expenses set amount = amount - 1 where id = '${work.id}'`,
      async () => expect(await house.lockstep.job(work.grant, look)).toMatchObject({ ok: true }),
    )
    expect(recordedOf(work.trace).find(({ detail }) => detail?.changed)?.detail).toMatchObject({
      changed: ['resource'],
    })
  })

  test('where the policy forbids it now', async () => {
    const work = await granted()
    const undo = await editPolicy(
      house,
      'tools.cedar',
      (text) =>
        `${text}\n@id("none-gets")\nforbid (principal in Role::"finance", action == Action::"getExpense", resource is Expense);\n`,
    )
    await expectRefused(work, 'invocation.denied')
    await undo()
  })

  test('where somebody or something was revoked since', async () => {
    const revoked = [
      { subject: { issuer: house.issuer.issuer, id: 'user:alice' } },
      { actor: PLANNER },
      { client: { issuer: house.issuer.issuer, id: 'test-client' } },
      'decisions',
      'everything',
    ] as const
    for (const one of revoked) {
      const work = await granted()
      await house.lockstep.revoke(one, 'a drill')
      await expectRefused(work, 'invocation.revoked')
      house.advance(20_000)
    }
  })

  test('where a permission was revoked since, until it is restored', async () => {
    const work = await granted()
    await house.lockstep.revoke({ permission: 'finance-gets' }, 'a drill')
    await expectRefused(work, 'invocation.denied')
    await house.lockstep.restore({ permission: 'finance-gets' }, 'it is over')
    expect(await house.lockstep.job(work.grant, look)).toMatchObject({ ok: true })
  })
})

describe(proves('jobs:run:refused'), () => {
  test('an altered text, a text that is none, and one of another state', async () => {
    const { grant } = await granted()
    const foreign = createGrantSealer({ keys: [createSealingKey()], trustDomain: 'expense.example' })
    const before = await house.effects()
    const count = ran.length
    for (const text of [
      `${grant.slice(0, -5)}AAAAA`,
      `${grant} `,
      '',
      'x'.repeat(100_000),
      world.alice.accessToken,
      await foreign.seal({}),
    ]) {
      expect(await house.lockstep.job(text, look)).toEqual({
        ok: false,
        code: 'invocation.grant-invalid',
        mayRetry: false,
      })
      expect(world.events.at(-1)).toMatchObject({ outcome: 'denied', code: 'invocation.grant-invalid' })
      expect(JSON.stringify(world.events.at(-1))).not.toContain(text.slice(0, 40) || 'nothing')
    }
    expect(ran.length).toBe(count)
    expect(await house.effects()).toBe(before)
    expect(await house.lockstep.job(grant, look)).toMatchObject({ ok: true })
  })

  test('an expired one', async () => {
    const work = await granted({ expiresIn: 10_000 })
    house.advance(10_000)
    await expectRefused(work, 'invocation.grant-invalid')
  })

  test('one that was started too often, and one that was cancelled', async () => {
    const spent = await granted({ maxStarts: 2 })
    for (const mayRetry of [true, false]) {
      const failed = await house.lockstep.job(spent.grant, () => Promise.reject(new Error('CANARY')))
      expect(failed).toEqual({ ok: false, code: 'invocation.handler-failed', mayRetry })
    }
    expect(recordedOf(spent.trace).at(-1)).toMatchObject({ step: 'response', outcome: 'failed' })
    expect(JSON.stringify(recordedOf(spent.trace))).not.toContain('CANARY')
    await expectRefused(spent, 'invocation.grant-invalid')
    const cancelled = await granted()
    expect(await house.lockstep.cancelJob(cancelled.job)).toBe(true)
    expect(await house.lockstep.cancelJob(cancelled.job)).toBe(false)
    await expectRefused(cancelled, 'invocation.call-closed')
  })

  test('while the log cannot be written: neither the intent nor the outcome goes unrecorded', async () => {
    const { grant, job } = await granted()
    const count = ran.length
    world.auditFails = ({ detail }) => detail?.grant !== undefined
    expect(await house.lockstep.job(grant, look)).toEqual({ ok: false, code: 'audit.unavailable', mayRetry: true })
    expect(ran.length).toBe(count)
    expect(await state.jobs.get(job), 'it does not count').toMatchObject({ state: 'waiting', starts: 0 })
    world.auditFails = ({ step }) => step === 'response'
    expect(await house.lockstep.job(grant, look)).toMatchObject({ ok: false, code: 'audit.unavailable' })
    world.auditFails = () => false
    expect(await state.jobs.get(job)).toMatchObject({ state: 'unknown' })
    expect(await house.lockstep.job(grant, look)).toMatchObject({ code: 'invocation.outcome-unknown' })
    expect(await state.jobs.resolve(job, 'happened')).toBe(true)
    world.auditFails = ({ detail }) => detail?.purpose !== undefined
    world.inHandler = () => house.lockstep.grant(options).then(() => undefined)
    const before = (await state.jobs.open()).length
    await world.alice.call('listExpenses', {})
    world.auditFails = () => false
    world.inHandler = async () => {}
    expect((await state.jobs.open()).length, 'nobody is granted what is not recorded').toBe(before)
  })
})

test(proves('jobs:run:once'), async () => {
  const { grant } = await granted()
  const count = ran.length
  let leave: () => void = () => undefined
  const wait = new Promise<void>((resolve) => {
    leave = resolve
  })
  const running = Array.from({ length: 50 }, () =>
    house.lockstep.job(grant, async (job) => {
      ran.push(job)
      await wait
    }),
  )
  const refused: JobOutcome[] = []
  for (const one of running) void one.then((outcome) => !outcome.ok && refused.push(outcome))
  await expect.poll(() => refused.length).toBe(49)
  leave()
  expect((await Promise.all(running)).filter(({ ok }) => ok)).toHaveLength(1)
  expect(new Set(refused.map((outcome) => !outcome.ok && outcome.code))).toEqual(new Set(['invocation.in-progress']))
  expect(ran.length).toBe(count + 1)
})

describe(proves('jobs:run:checkpoint'), () => {
  test('moves the deadline', async () => {
    const { grant } = await granted()
    const outcome = await house.lockstep.job(grant, async (job) => {
      const first = job.call
      house.advance(29_000)
      await job.checkpoint()
      expect(job.call.deadline).toBeGreaterThan(first.deadline)
      house.advance(29_000)
      await select()
      house.advance(2_000)
      await expect(select()).rejects.toMatchObject({ code: 'execution.no-call' })
    })
    expect(outcome).toMatchObject({ ok: true })
  })

  test('ends what may not go on, and everything it began', async () => {
    const { grant, trace } = await granted()
    let swallowed = 0
    for (const swallow of [true, false]) {
      await without(NO_FINANCE, FINANCE, async () => {
        await house.data.pglite.exec(FINANCE)
        const outcome = await house.lockstep.job(grant, async (job) => {
          await select()
          await house.data.pglite.exec(NO_FINANCE)
          const next = job.checkpoint()
          await expect(next).rejects.toMatchObject({ code: 'invocation.denied' })
          expect(job.signal.aborted).toBe(true)
          await expect(select()).rejects.toMatchObject({ code: 'execution.no-call' })
          await expect(job.checkpoint()).rejects.toMatchObject({ code: 'invocation.call-closed' })
          if (!swallow) await next
          swallowed += 1
        })
        expect(outcome).toMatchObject({ ok: false, code: 'invocation.denied' })
      })
      expect(recordedOf(trace).at(-1)).toMatchObject({ step: 'response', outcome: 'failed', code: 'invocation.denied' })
    }
    expect(swallowed).toBe(1)
  })

  test('and not beyond what was granted', async () => {
    const { grant } = await granted({ expiresIn: 20_000 })
    const outcome = await house.lockstep.job(grant, async (job) => {
      house.advance(20_000)
      await job.checkpoint()
    })
    expect(outcome).toMatchObject({ ok: false, code: 'invocation.grant-invalid' })
  })
})

describe(proves('jobs:run:interrupted'), () => {
  test('by a revocation', async () => {
    const { grant, trace, job } = await granted()
    const outcome = await house.lockstep.job(grant, async ({ signal, id }) => {
      const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
      await house.lockstep.revoke({ subject: { issuer: house.issuer.issuer, id: 'user:alice' } }, 'stolen')
      await aborted
      await expect(select()).rejects.toBeInstanceOf(LockstepError)
      expect(id).toHaveLength(32)
      await new Promise(() => undefined)
    })
    expect(outcome).toEqual({ ok: false, code: 'gateway.token-revoked', mayRetry: false })
    expect(recordedOf(trace).at(-1)).toMatchObject({ step: 'response', outcome: 'failed' })
    expect(await state.jobs.get(job)).toMatchObject({ state: 'unknown' })
    await expectRefused({ grant, trace }, 'invocation.outcome-unknown')
    await state.jobs.resolve(job, 'did-not-happen')
    await expectRefused({ grant, trace }, 'invocation.revoked')
    house.advance(20_000)
  })

  test('by whoever cancels it', async () => {
    const { grant } = await granted()
    const outcome = await house.lockstep.job(grant, async ({ id, checkpoint }) => {
      expect(await house.lockstep.cancelJob(id)).toBe(true)
      await checkpoint()
    })
    expect(outcome).toEqual({ ok: false, code: 'invocation.call-closed', mayRetry: false })
  })
})

test(proves('jobs:grant:other-tool'), async () => {
  const { id } = await house.invoice()
  const work = await granted({ tool: 'getExpense', arguments: { id } })
  expect(await house.lockstep.job(work.grant, look)).toMatchObject({ ok: true })
  expect(ran.at(-1)?.call).toMatchObject({ tool: 'getExpense', arguments: { id } })
  const before = (await state.jobs.open()).length
  // Reports need a second factor, which this sign-in has not.
  await expect(
    granted({ tool: 'sendReport', arguments: { to: 'a@expense.example', text: 'x' } }),
  ).rejects.toMatchObject({ code: 'invocation.denied' })
  expect((await state.jobs.open()).length).toBe(before)
  world.inHandler = async () => {}
})

test(proves('jobs:grant:bounded'), async () => {
  const { grant } = await granted({ expiresIn: 60_000 })
  let inner = ''
  expect(
    await house.lockstep.job(grant, async () => {
      inner = await house.lockstep.grant({ purpose: 'the next step', expiresIn: 3_600_000 })
    }),
  ).toMatchObject({ ok: true })
  house.advance(60_000)
  expect(await house.lockstep.job(inner, look)).toMatchObject({ ok: false, code: 'invocation.grant-invalid' })
  const misuses = [
    { purpose: '' },
    { purpose: 'a\nb' },
    { expiresIn: 0 },
    { expiresIn: 31 * 86_400_000 },
    { maxStarts: 0 },
    { tool: 'noSuchTool' },
    { arguments: {} },
    { tools: ['noSuchTool'] },
    JSON.parse('{"expires":1}'),
  ]
  const before = (await state.jobs.open()).length
  for (const misuse of misuses) await expect(granted(misuse), JSON.stringify(misuse)).rejects.toThrow(TypeError)
  expect((await state.jobs.open()).length).toBe(before)
  world.inHandler = async () => {}
})
