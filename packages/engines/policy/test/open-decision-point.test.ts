import { spawnSync } from 'node:child_process'
import type { Worker } from 'node:worker_threads'
import { createDecisionPoint, openDecisionPoint, type PolicyDecisionPoint } from '@lockstep/policy'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { POLICIES } from './expense-fixture.ts'
import { type PolicyFolder, policyFolder } from './policy-folder.ts'

const SCHEMA = `entity User;
entity Doc { amount: Long };
action read appliesTo { principal: User, resource: Doc, context: { intent: String } };
`
const upTo = (amount: number, id = 'a') =>
  `@id("${id}") permit (principal, action, resource) when { resource.amount <= ${amount} };\n`

let folder: PolicyFolder
beforeEach(() => {
  folder = policyFolder({ 'schema.cedarschema': SCHEMA, 'a.cedar': upTo(5000) })
})
afterEach(() => folder.remove())

function permits(point: Pick<PolicyDecisionPoint, 'decide'>, amount: number): boolean {
  const resource = { type: 'Doc', id: 'd', attributes: { amount }, parents: [] }
  const facts = { entities: [], revision: '1' }
  const principal = { type: 'User', id: 'u' }
  return point.decide({ principal, action: 'read', resource, context: { intent: 'x' }, facts }).effect === 'permit'
}

/** Files of many policies, as large as files may be. */
function many(count: number): Readonly<Record<string, string>> {
  const files: Record<string, string> = {}
  for (let made = 0; made < count; made += 1000) {
    const some = Array.from({ length: Math.min(1000, count - made) }, (_, index) =>
      upTo(index % 3000, `p${made + index}`),
    )
    files[`many-${made}.cedar`] = some.join('')
  }
  return files
}

/** Few policies, each of a file full of numbers. */
const HEAVY = Object.fromEntries(
  Array.from({ length: 12 }, (_, file) => {
    const numbers = Array.from({ length: 45_000 }, (_, index) => index).join()
    const text = `@id("h${file}") permit (principal, action, resource) when { [${numbers}].contains(resource.amount) };`
    return [`heavy-${file}.cedar`, text]
  }),
)

describe(proves('policy:apart:same'), () => {
  test('as what is parsed here', async () => {
    const [opened, created] = [await openDecisionPoint({ folder: POLICIES }), createDecisionPoint({ folder: POLICIES })]
    expect(opened.version).toBe(created.version)
    expect(opened.contextOf('approveExpense')).toEqual(created.contextOf('approveExpense'))
    expect(opened.blankEntity({ type: 'User', id: 'u' })).toEqual(created.blankEntity({ type: 'User', id: 'u' }))
  })

  test.each(['lockstep', 'cedar-wasm'] as const)('by %s, after a reload too', async (engine) => {
    const point = await openDecisionPoint({ folder: folder.path, engine })
    expect([permits(point, 5000), permits(point, 5001)]).toEqual([true, false])
    folder.write({ 'a.cedar': upTo(3000) })
    expect(await point.reload()).toBe(true)
    expect([permits(point, 3000), permits(point, 3001)]).toEqual([true, false])
    expect(await point.reload()).toBe(false)
  })

  test('of reloads that overlap the last one counts', async () => {
    const point = await openDecisionPoint({ folder: folder.path })
    folder.write({ 'a.cedar': upTo(3000) })
    const first = point.reload()
    folder.write({ 'a.cedar': upTo(2000) })
    await Promise.all([first, point.reload()])
    expect([permits(point, 2000), permits(point, 2001)]).toEqual([true, false])
  })

  test('mistakes, with file and line', async () => {
    folder.write({ 'b.cedar': '\n@limt("3") @id("b") permit (principal, action, resource);' })
    await expect(
      openDecisionPoint({ folder: folder.path, obligations: { limit: { kind: 'integer' } } }),
    ).rejects.toMatchObject({
      code: 'policy.invalid',
      detail: expect.stringMatching(/^b\.cedar:2: unknown annotation `@limt`; did you mean `@limit`/),
    })
    await expect(openDecisionPoint({ folder: `${folder.path}/absent` })).rejects.toThrow(/cannot be read \(ENOENT\)/)
  })
})

describe('the thread', () => {
  const started: Worker[] = []
  const note = (worker: Worker) => started.push(worker)
  beforeEach(() => {
    started.length = 0
    process.on('worker', note)
  })
  afterEach(() => {
    process.off('worker', note)
  })
  // A heap of its own keeps these tests apart from the others: a thread waits for loads of the same bounds.
  const load = (megabytes: number) => openDecisionPoint({ folder: folder.path, loading: { megabytes } })

  test(proves('policy:apart:kept', 'after a load without fault'), async () => {
    const point = await load(101)
    folder.write({ 'a.cedar': upTo(10) })
    await point.reload()
    expect([permits(point, 10), permits(point, 11)]).toEqual([true, false])
    expect(permits(await load(101), 10)).toBe(true)
    expect(started).toHaveLength(1)
    await Promise.all([load(101), load(101)])
    expect(started).toHaveLength(2)
  })

  test(proves('policy:apart:kept', 'not after a mistake'), async () => {
    const point = await load(102)
    folder.write({ 'b.cedar': 'permit (' })
    await expect(point.reload()).rejects.toThrow(/b\.cedar/)
    expect(started).toHaveLength(1)
    folder.write({ 'b.cedar': upTo(1, 'b') })
    expect(await point.reload()).toBe(true)
    expect(started).toHaveLength(2)
  })

  test(proves('policy:apart:kept', 'not when it ended while it waited'), async () => {
    const point = await load(103)
    await started[0]?.terminate()
    folder.write({ 'a.cedar': upTo(10) })
    expect(await point.reload()).toBe(true)
    expect(started).toHaveLength(2)
  })
})

test(proves('policy:apart:bounded', 'in time'), async () => {
  folder.write(many(1000))
  await expect(openDecisionPoint({ folder: folder.path, loading: { milliseconds: 1 } })).rejects.toMatchObject({
    code: 'policy.invalid',
    detail: '.: they did not load within 1 ms; make them smaller and flatter, or allow more time',
  })
  expect(permits(await openDecisionPoint({ folder: folder.path }), 5000)).toBe(true)
})

test(proves('policy:apart:bounded', 'in memory, while the version in force answers'), async () => {
  const point = await openDecisionPoint({ folder: folder.path, loading: { megabytes: 32 } })
  folder.write(HEAVY)
  await expect(point.reload()).rejects.toMatchObject({
    code: 'policy.invalid',
    detail: '.: they need more than 32 MiB to load; make them smaller, or allow more memory',
  })
  expect([permits(point, 5000), permits(point, 5001)]).toEqual([true, false])
  for (const name of Object.keys(HEAVY)) folder.write({ [name]: '' })
  folder.write({ 'a.cedar': upTo(3000) })
  expect(await point.reload()).toBe(true)
  expect([permits(point, 3000), permits(point, 3001)]).toEqual([true, false])
})

test(proves('policy:apart:answers-meanwhile'), async () => {
  const point = await openDecisionPoint({ folder: folder.path })
  folder.write({ ...many(10_000 - 1), 'a.cedar': upTo(7000) })
  const began = Date.now()
  let loaded: boolean | undefined
  const loading = point.reload().then((changed) => {
    loaded = changed
  })
  const answers: boolean[] = []
  while (loaded === undefined) {
    answers.push(permits(point, 6000))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await loading
  process.stdout.write(`10000 policies loaded in ${Date.now() - began} ms, with ${answers.length} answers meanwhile\n`)
  expect(loaded).toBe(true)
  // Had this thread parsed them, none would have been given.
  expect(answers.length).toBeGreaterThan(10)
  expect(new Set(answers.slice(0, 10))).toEqual(new Set([false]))
  expect(permits(point, 6000)).toBe(true)
  folder.write({ 'one-more.cedar': upTo(1, 'one-more') })
  folder.write({ 'two-more.cedar': upTo(1, 'two-more') })
  await expect(point.reload()).rejects.toThrow(/more than 10000 policies/)
  expect(permits(point, 6000)).toBe(true)
})

test.each([
  ['an ES module', 'module', "import { openDecisionPoint } from '@lockstep/policy'"],
  ['CommonJS', 'commonjs', "const { openDecisionPoint } = require('@lockstep/policy')"],
])(proves('policy:apart:published', '%s'), async (_name, type, load) => {
  const script = `${load}
    openDecisionPoint({ folder: ${JSON.stringify(POLICIES)} }).then(async (point) => {
      console.log(point.version, await point.reload())
    })`
  const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--no-warnings', `--input-type=${type}`, '-e', script],
    options,
  )
  const { version } = createDecisionPoint({ folder: POLICIES })
  expect({ stdout, status }).toEqual({ stdout: `${version} false\n`, status: 0 })
})
