import { join, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { within } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { HOSTILE } from './policy-world.ts'
import { lockstepProcess } from './run-lockstep.ts'
import { run } from './server-world.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const CONFIG = join(ROOT, 'test/fixtures/tenants/lockstep.config.ts')

vi.setConfig({ testTimeout: within(180_000) })

const as = (subject: string, ...more: string[]) => run('sql', '--config', CONFIG, '--subject', subject, ...more)

test(proves('execution:explain:statement', 'as text'), async () => {
  const { code, said, complained } = await as(
    'user:ann',
    'SELECT * FROM orders WHERE qty = $1',
    '--parameters',
    '[424242]',
  )
  expect({ code, complained }).toEqual({ code: 0, complained: '' })
  expect(said).toMatch(/^SELECT \* FROM \( SELECT orders\.id, .* FROM app\.orders WHERE .*\$2.* WHERE qty = \$1\n/)
  expect(said).toMatch(/^ {2}subject +user:ann\n {2}actor +unnamed\n {2}tool +query$/m)
  expect(said).toContain("$1, the statement's own")
  expect(said).toContain('$2, values that the policies demand')
  expect(said).toMatch(
    /^app\.orders as Order\n {2}rows by {2}permit members-use-orders \(tenants\.cedar:\d+\)\n {2}hidden {3}ssn, dbl$/m,
  )
  expect(said).not.toContain('424242')
})

test(proves('execution:explain:statement', 'as JSON'), async () => {
  const { code, said } = await as('user:ann', 'SELECT o.id FROM orders o, pub', '--json')
  expect(code).toBe(0)
  const told = JSON.parse(said)
  expect(told).toMatchObject({
    ok: true,
    subject: { id: 'user:ann', issuer: 'https://login.tenants.example' },
    tool: 'query',
    parameters: { own: 0, bound: 1 },
    relations: [
      {
        relation: 'app.orders',
        entity: 'Order',
        hiddenColumns: ['ssn', 'dbl'],
        maskedColumns: [],
        barrier: 'none',
        policies: [{ id: 'members-use-orders', effect: 'permit', file: 'tenants.cedar', line: expect.any(Number) }],
      },
      { relation: 'app.pub', policies: [{ id: 'members-use-pub' }] },
    ],
  })
})

test(proves('execution:explain:statement', 'the barrier'), async () => {
  const barrier = async (statement: string) => /^ *barrier +(.*)$/m.exec((await as('user:ann', statement)).said)?.[1]
  expect(await barrier('SELECT id FROM orders WHERE qty > 1')).toBe('none is needed')
  expect(await barrier('SELECT id FROM orders WHERE note::int > 1')).toBe('conditions that may fail run behind a guard')
  expect(await barrier('SELECT i FROM (SELECT note::int AS i FROM orders) AS x WHERE i > 1')).toBe(
    'a fence: the filter comes first',
  )
})

test(proves('execution:explain:statement', 'somebody whom no policy knows'), async () => {
  const hidden = await as('user:stranger', 'SELECT ssn FROM orders')
  expect(hidden).toMatchObject({ code: 1, said: expect.stringContaining('execution.column-unknown') })
  expect((await as('user:stranger', 'SELECT id FROM orders')).said).toContain('WHERE false')
})

test(proves('execution:explain:values'), async () => {
  // The tenant of cat is 2: the number stands nowhere, neither as a text nor in JSON.
  for (const more of [[], ['--json']]) {
    const { said } = await as('user:cat', 'SELECT note FROM orders', ...more)
    expect(said).toContain('$1')
    expect(said.replace(/"policyVersion":"[^"]*"|policy version .*/, '')).not.toMatch(/(?<![$:\w])2\b|"2"/)
  }
})

test(proves('execution:explain:statement', 'a refusal'), async () => {
  const text = await as('user:ann', 'SELECT ssn FROM customers')
  expect(text).toMatchObject({ code: 1, complained: '' })
  expect(text.said).toMatch(
    /^refused: the statement names a column that is not released \[execution\.column-unknown\]\n/,
  )
  expect(text.said).toMatch(/\nwhat helps: query the columns of the catalog\n$/)
  const json = await as('user:ann', 'SELECT 1; SELECT 2', '--json')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.said)).toMatchObject({
    ok: false,
    code: 'execution.statement-invalid',
    message: 'the statement is not one valid SQL statement',
    hint: 'send exactly one statement',
  })
  expect(json.said).not.toContain('"sql"')
})

test(proves('execution:explain:nobody'), async () => {
  for (const relation of ['orders', 'customers', 'pub', 'ev']) {
    const statement = `SELECT id FROM ${relation}`
    const { code, said } = await as('user:nobody', statement, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(said)).toMatchObject({
      ok: true,
      parameters: { own: 0, bound: 0 },
      relations: [{ policies: [] }],
    })
    expect(JSON.parse(said).sql).toMatch(/WHERE false/)
  }
  const refused = async (subject: string) => JSON.parse((await as(subject, 'SELECT * FROM plain', '--json')).said)
  const { subject: _, ...nobody } = await refused('user:nobody')
  const { subject: __, ...ann } = await refused('user:ann')
  expect(nobody).toEqual(ann)
})

test(proves('policy:explain:visible', 'in statements'), async () => {
  for (const more of [[], ['--json']]) {
    for (const statement of [`SELECT '${HOSTILE.replace('\u001b', '')}'`, HOSTILE]) {
      const { said } = await as(HOSTILE, statement, ...more)
      expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }
  }
})

test(proves('execution:explain:misuse'), async () => {
  const wrong = [
    ['sql'],
    ['sql', 'select 1'],
    ['sql', '--subject', 'user:ann'],
    ['sql', '--subject', 'user:ann', '--jsonl', 'select 1'],
    ['sql', '--subject', 'user:ann', '--jsonl', '--json'],
    ['sql', '--subject', 'user:ann', '--jsonl', '--parameters', '[]'],
    ['sql', '--subject', 'user:ann', 'select 1', 'select 2'],
    ['sql', '--subject', 'user:ann', 'select 1', '--parameters', '{}'],
    ['sql', '--subject', 'user:ann', 'select 1', '--parameters', '[1'],
    ['sql', '--subject', 'user:ann', 'select 1', '--tool', 'invented'],
    ['sql', '--subject', 'user:ann', 'select 1', '--acr', 'invented'],
    ['sql', '--subject', 'user:ann', 'select 1', '--issuer', 'https://invented.example'],
  ]
  for (const args of wrong) {
    const { code, said, complained } = await run(...args, '--config', CONFIG)
    expect({ args, code, said }).toEqual({ args, code: 2, said: '' })
    expect(complained, args.join(' ')).toMatch(/^lockstep sql: [^\n]+; see `lockstep sql --help`\n$/)
  }
})

test(proves('execution:explain:statement', 'in a process of its own'), async () => {
  const { code, said, complained } = await lockstepProcess(
    ['sql', '--config', CONFIG, '--subject', 'user:ann', 'TABLE pub'],
    ROOT,
  )
  expect({ code, complained }).toEqual({ code: 0, complained: '' })
  expect(said).toContain('app.pub as Pub')
})
