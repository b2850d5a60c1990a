import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { expense, MFA, PWD } from '../../../engines/policy/test/expense-fixture.ts'
import { type Factors, smallestStepUp } from '../src/smallest-step-up.ts'
import { createWorld, idOf, told } from './approval-world.ts'
import { changedApprovals, changedPolicies } from './changed-policies.ts'

const ACRS = ['a', 'b', 'c']
const AGES = [300, 3_600]
const need = (relation: string, count: number) => [{ relation, of: 'dept', count }]
/** Consent that can be demanded, by how it is named here, the fewest people first. */
const GROUPS = { one: need('a', 1), two: need('a', 2), both: [...need('a', 1), ...need('b', 1)] }
const PEOPLE: Readonly<Record<string, number>> = { none: 0, one: 1, two: 2, both: 2 }
const groupOf = ({ needed }: Pick<Factors, 'needed'>) =>
  Object.entries(GROUPS).find(([, group]) => JSON.stringify(group) === JSON.stringify(needed))?.[0] ?? 'none'

describe(proves('invocation:step-up:smallest'), () => {
  test('of any policy', () => {
    const sets = [undefined, ...ACRS].flatMap((acr) =>
      [undefined, ...AGES].flatMap((maxAge) => Object.keys(PEOPLE).map((group) => ({ acr, maxAge, group }))),
    )
    const nameOf = ({ signIn, needed }: Factors) => {
      const { acr, maxAge } = signIn?.demand ?? {}
      return JSON.stringify({ acr, maxAge, group: groupOf({ needed }) })
    }
    const names = sets.map((set) => JSON.stringify(set))
    const sizeOf = (name: string) => {
      const { acr, maxAge, group } = JSON.parse(name)
      return [acr, maxAge].filter((factor) => factor !== undefined).length + (PEOPLE[group] ?? 0)
    }
    fc.assert(
      fc.property(
        fc.subarray(names),
        fc.boolean(),
        fc.subarray(ACRS),
        fc.option(fc.nat({ max: 5_000 }), { nil: undefined }),
        (permitted, approvable, satisfied, age) => {
          const permits = (factors: Factors) => permitted.includes(nameOf(factors))
          const approvals = approvable ? Object.values(GROUPS) : []
          const found = smallestStepUp({ acrValues: ACRS, maxAges: AGES, own: { satisfied, age }, approvals }, permits)
          const offered = permitted.filter((name) => {
            const { acr, maxAge, group } = JSON.parse(name)
            if (acr === undefined && maxAge === undefined && group === 'none') return false
            return (
              (approvable || group === 'none') &&
              !satisfied.includes(acr) &&
              (maxAge === undefined || age === undefined || maxAge < age)
            )
          })
          expect(found === undefined).toBe(offered.length === 0)
          if (!found) return
          const name = nameOf(found)
          expect(offered).toContain(name)
          expect(Math.min(...offered.map(sizeOf)), 'no smaller set').toBe(sizeOf(name))
          const { acr, maxAge, group } = JSON.parse(name)
          const smallest = offered.filter((other) => sizeOf(other) === sizeOf(name))
          const fewest = Math.min(...smallest.map((other) => PEOPLE[JSON.parse(other).group] ?? 0))
          expect(PEOPLE[group], 'of as many, the fewest people').toBe(fewest)
          const longer = AGES.filter((other) => maxAge !== undefined && other > maxAge && (age ?? other + 1) > other)
          for (const other of longer) expect(offered).not.toContain(JSON.stringify({ acr, maxAge: other, group }))
          const weaker = ACRS.slice(0, ACRS.indexOf(acr)).filter((other) => !satisfied.includes(other))
          if (acr !== undefined) {
            for (const other of weaker) expect(offered).not.toContain(JSON.stringify({ acr: other, maxAge, group }))
          }
        },
      ),
    )
  })

  test('of the example: every kind of invoice with every sign-in', async () => {
    const world = createWorld()
    const seen = new Set<string>()
    const amounts = [1, 500_000, 500_001, 620_000, 2_000_000, 2_000_001]
    for (const { dept, status, amount, acr } of product({
      dept: ['42', '7'],
      status: ['submitted', 'approved'],
      amount: amounts,
      acr: [[], [PWD], [PWD, MFA]],
    })) {
      world.rows.set('INV-1', expense({ id: 'INV-1', dept, status, amount }))
      const outcome = await world.authorize(world.as('alice', { acr }), world.call('INV-1'))
      const inReach = dept === '42' && status === 'submitted' && amount <= 2_000_000
      const demanded = amount <= 500_000 ? 'permitted' : acr.includes(MFA) ? 'approval' : 'acr'
      const expected = inReach ? demanded : 'nothing'
      const unlock = outcome.ok ? undefined : outcome.denial.unlock
      const got = outcome.ok ? 'permitted' : unlock?.acr ? 'acr' : unlock?.approval ? 'approval' : 'nothing'
      expect([dept, status, amount, acr, got]).toEqual([dept, status, amount, acr, expected])
      seen.add(expected)
    }
    expect(seen.size).toBe(4)
  })
})

interface Invoice {
  readonly dept: string
  readonly status: string
  readonly amount: number
  readonly acr: readonly string[]
}

function product(of: { readonly [Name in keyof Invoice]: readonly Invoice[Name][] }): readonly Invoice[] {
  return of.dept.flatMap((dept) =>
    of.status.flatMap((status) => of.amount.flatMap((amount) => of.acr.map((acr) => ({ dept, status, amount, acr })))),
  )
}

test(proves('invocation:step-up:order'), async () => {
  const world = createWorld()
  const weak = await world.authorize(world.as('alice'), world.call('INV-9001'))
  expect(told(weak)).toEqual({ code: 'invocation.denied', unlock: { acr: MFA }, detail: undefined })
  expect(world.written).toEqual([])
  idOf(await world.authorize(world.strong('alice'), world.call('INV-9001')))
  expect(world.written).toEqual(['request'])

  const own = { satisfied: ['a'], age: 4_000 }
  const declared = { acrValues: ACRS, maxAges: AGES, own, approvals: [need('x', 1), need('x', 2)] }
  const first = (permits: (factors: Factors) => boolean) => {
    const { signIn, needed } = smallestStepUp(declared, permits) ?? {}
    return { ...signIn, needed }
  }
  expect(first(() => true)).toEqual({
    demand: { acr: 'b' },
    signIn: { satisfied: ['a', 'b'], age: 4_000 },
    needed: [],
  })
  expect(first(({ signIn }) => signIn?.demand.acr === 'c').demand).toEqual({ acr: 'c' })
  expect(first(({ signIn }) => signIn?.demand.maxAge !== undefined)).toEqual({
    demand: { maxAge: 3_600 },
    signIn: { satisfied: ['a'], age: 3_600 },
    needed: [],
  })
  expect(first(({ needed }) => needed.length > 0)).toEqual({ needed: need('x', 1) })
  expect(first(({ needed }) => needed[0]?.count === 2)).toEqual({ needed: need('x', 2) })
  const both = first(({ signIn }) => signIn?.demand.acr !== undefined && signIn.demand.maxAge === 300)
  expect(both.demand).toEqual({ acr: 'b', maxAge: 300 })
})

describe(proves('invocation:step-up:declared'), () => {
  test('no approvals', async () => {
    const world = createWorld({ approvals: false })
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toEqual({ code: 'invocation.denied', unlock: undefined, detail: undefined })
  })

  test('no such acr', async () => {
    const world = createWorld({ invocation: { acrValues: [PWD] } })
    for (const asked of [world.call('INV-9001'), { ...world.call('x', {}, 'sendReport') }]) {
      const outcome = await world.authorize(world.as('alice'), asked)
      expect(outcome).toMatchObject({ ok: false })
      expect(outcome.ok ? undefined : outcome.denial.unlock).toBeUndefined()
    }
  })

  test.each([
    ['a relation that people do not have', { relation: 'friends', of: 'dept' }],
    ['a relation of another kind', { relation: 'approvalLimit', of: 'dept' }],
    ['an attribute that the resource does not have', { relation: 'coApproverFor', of: 'region' }],
    ['an inherited name', { relation: 'coApproverFor', of: 'constructor' }],
  ])('%s', async (_name, approvers) => {
    const world = createWorld({ approvals: { approvers: [approvers] } })
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toEqual({ code: 'invocation.denied', unlock: undefined, detail: undefined })
    expect(world.written).toEqual([])
  })
})

test(proves('invocation:step-up:silent'), async () => {
  const world = createWorld()
  const strong = world.strong('alice')
  for (const caller of [world.as('alice'), strong]) {
    const missing = await world.authorize(caller, world.call('INV-0'))
    const forbidden = await world.authorize(caller, world.call('INV-7'))
    expect(told(forbidden)).toEqual({ code: 'invocation.denied', unlock: undefined, detail: undefined })
    expect(told(missing)).toEqual(told(forbidden))
  }
  // Nor does a complaint about the arguments depend on what is stored.
  const unsafe = { resource: { type: 'Expense', argument: 'invoiceId' }, action: 'sendReport' }
  const odd = createWorld({ invocation: { tools: { approveExpense: unsafe } } })
  const answers = ['INV-0', 'INV-7'].map(async (id) =>
    told(await odd.authorize(odd.strong('alice'), odd.call(id, { to: { __entity: {} }, text: '' }))),
  )
  const [absent, present] = await Promise.all(answers)
  expect(absent).toEqual(present)
  expect(absent).toMatchObject({ code: 'invocation.arguments-unsafe' })
  expect(world.written).toEqual([])
})

test(proves('invocation:step-up:silent', 'where the agent is the one who may not'), async () => {
  const world = createWorld()
  const other = world.strong('alice', 'spiffe://expense.example/agents/planner-43')
  const outcome = await world.authorize(other, world.call('INV-9001'))
  expect(told(outcome)).toEqual({ code: 'invocation.denied', unlock: undefined, detail: undefined })
  expect(world.written).toEqual([])
})

test(proves('invocation:step-up:declared', 'none whose obligations nobody carries out'), async () => {
  const notify = changedApprovals('@id("manager-approves-with-second-person")', '@id("second") @notify("audit")')
  const { point } = changedPolicies(notify, { notify: { kind: 'text' } })
  const without = createWorld({ point })
  const outcome = await without.authorize(without.as('alice'), without.call('INV-9001'))
  expect(told(outcome)).toEqual({ code: 'invocation.denied', unlock: undefined, detail: undefined })
  expect(without.written).toEqual([])
  const world = createWorld({ point, invocation: { obligations: ['notify'] } })
  expect((await world.approve('bob', await world.requested())).ok).toBe(true)
  const permission = await world.authorize(world.strong('alice'), world.call('INV-9001'))
  expect(permission.ok && permission.value.call.obligations).toEqual([
    { name: 'notify', value: 'audit', policyId: 'second' },
  ])
})

test(proves('invocation:step-up:fault', 'a permit whose obligations nobody carries out'), async () => {
  const notify = changedApprovals('@id("manager-approves")', '@id("first") @notify("audit")')
  const world = createWorld({ point: changedPolicies(notify, { notify: { kind: 'text' } }).point })
  const outcome = await world.authorize(world.as('alice'), world.call('INV-8831'))
  expect(told(outcome)).toMatchObject({ code: 'invocation.obligation-unknown', unlock: undefined })
})

test.each<[string, object]>([
  ['unknown option', { approval: {} }],
  ['the same acr twice', { acrValues: [PWD, PWD] }],
  ['no lifetime', { callLifetime: 0 }],
  ['half a millisecond', { callLifetime: 0.5 }],
])(proves('invocation:authorize:options', '%s'), (_name, invocation) => {
  expect(() => createWorld({ invocation })).toThrow(TypeError)
})

describe(proves('invocation:step-up:fault'), () => {
  test('a resource that does not fit the schema', async () => {
    const world = createWorld()
    const row = expense({ id: 'INV-2', amount: 620_000 })
    world.rows.set('INV-2', { ...row, attributes: { ...row.attributes, amount: 0.5 } })
    const outcome = await world.authorize(world.as('alice'), world.call('INV-2'))
    expect(told(outcome)).toEqual({ code: 'policy.evaluation-failed', unlock: undefined, detail: undefined })
    expect(world.written).toEqual([])
  })

  test('a resource that cannot be read', async () => {
    const load = () => Promise.reject(new Error('select secret from invoices'))
    const world = createWorld({ invocation: { resources: { load } } })
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toEqual({ code: 'policy.facts-unavailable', unlock: undefined, detail: undefined })
  })
})

test(proves('invocation:authorize:sequence'), async () => {
  const world = createWorld()
  const send = (to: string, labels: readonly string[]) =>
    world.authorize(world.strong('alice'), { ...world.call('x', { to, text: 'all' }, 'sendReport') }, labels)
  expect((await send('eve@elsewhere.example', [])).ok).toBe(true)
  expect(told(await send('eve@elsewhere.example', ['confidential']))).toMatchObject({ code: 'invocation.denied' })
  expect((await send('erin@expense.example', ['confidential'])).ok).toBe(true)
})
