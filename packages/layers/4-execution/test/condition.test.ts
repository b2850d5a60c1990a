import { PGlite } from '@electric-sql/pglite'
import { type AskRead, type Expr, evaluate, type Value } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { attribute, entity, equal, reading, value } from '../../../../test/fixtures/expense/conditions.ts'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'

const tables = {
  'public.things': {
    entity: 'Thing',
    key: 'id',
    columns: {
      id: { type: 'text' },
      size: { type: 'bigint', attribute: 'size' },
      small: { type: 'smallint', attribute: 'small' },
      label: { type: 'text', attribute: 'label' },
      flag: { type: 'boolean', attribute: 'flag' },
      owner: { type: 'text', attribute: 'owner', entity: 'User' },
      dept: { type: 'integer', attribute: 'dept', entity: 'Department' },
    },
  },
} as const

const LABELS = ['', 'a', 'A', 'ab', 'a%', 'a_b', 'a\\b', "it's", 'é', '😀x', ' a']
const NUMBERS = [0, 1, -1, 5, 32_767, 32_768, 9_007_199_254_740_991, -9_007_199_254_740_991]
const IDS = ['1', '42', '042', 'x', '99999999999999999999', '-1', ' 1', 'User', 'nul\u0000', 'half\ud800']

const things = Array.from({ length: 40 }, (_, n) => ({
  id: `thing ${n}`,
  size: NUMBERS[n % NUMBERS.length] ?? 0,
  small: n - 5,
  label: LABELS[n % LABELS.length] ?? '',
  flag: n % 3 === 0,
  owner: ['1', '42', 'x', '042'][n % 4] ?? '',
  dept: [1, 42, -1][n % 3] ?? 0,
}))

const pglite = new PGlite()
beforeAll(async () => {
  await loadParser()
  await pglite.exec(`create table things (id text primary key, size bigint not null, small smallint not null, label text not null,
    flag boolean not null, owner text not null, dept int not null)`)
  for (const { id, size, small, label, flag, owner, dept } of things) {
    const values = [id, size, small, label, flag, owner, dept]
    await pglite.query('insert into things values ($1, $2, $3, $4, $5, $6, $7)', values)
  }
})
afterAll(() => pglite.close())

const long = fc.constantFrom('size', 'small').map(attribute)
const number = fc.oneof(long, fc.constantFrom(...NUMBERS).map(value))
const users = fc.constantFrom(...IDS).map((id): Value => ({ entity: { type: 'User', id } }))
const departments = fc.constantFrom(...IDS).map((id): Value => ({ entity: { type: 'Department', id } }))
const anyEntity = fc.oneof(users, departments)
const pattern = fc.array(fc.oneof(fc.constant(null), fc.constantFrom('a', '%', '_', '\\', 'b', 'é')), { maxLength: 4 })

const { condition } = fc.letrec<{ condition: Expr }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ op: fc.constantFrom('less' as const, 'lessOrEqual' as const), left: number, right: number }),
    fc.tuple(long, number).map(([a, b]) => equal(a, b)),
    fc.tuple(fc.constant(attribute('label')), fc.constantFrom(...LABELS)).map(([a, b]) => equal(a, value(b))),
    fc.tuple(fc.constantFrom('owner', 'dept'), anyEntity).map(([a, b]) => equal(attribute(a), value(b))),
    fc
      .tuple(fc.constantFrom('owner', 'dept'), fc.array(anyEntity, { maxLength: 4 }))
      .map(([a, set]): Expr => ({ op: 'contains', left: value({ set }), right: attribute(a) })),
    fc
      .array(fc.constantFrom(...LABELS), { maxLength: 3 })
      .map((set): Expr => ({ op: 'contains', left: value({ set }), right: attribute('label') })),
    pattern.map((parts): Expr => ({ op: 'like', of: attribute('label'), pattern: parts })),
    fc.constant(attribute('flag')),
    fc
      .constantFrom('thing 3', 'thing 99')
      .map((id) => equal({ op: 'unknown', name: 'resource' }, value({ entity: { type: 'Thing', id } }))),
    fc.constant<Expr>({ op: 'has', of: { op: 'unknown', name: 'resource' }, attribute: 'size' }),
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), left: tie('condition'), right: tie('condition') }),
    tie('condition').map((of): Expr => ({ op: 'not', of })),
    fc
      .tuple(tie('condition'), tie('condition'), tie('condition'))
      // biome-ignore lint/suspicious/noThenProperty: Cedar's own word
      .map(([a, b, c]): Expr => ({ op: 'if', test: a, then: b, else: c })),
  ),
}))

function visibleByEvaluator(expr: Expr): string[] {
  const seen = things.filter((thing) => {
    const attributes: Record<string, Value> = {
      size: thing.size,
      small: thing.small,
      label: thing.label,
      flag: thing.flag,
      owner: { entity: { type: 'User', id: thing.owner } },
      dept: { entity: { type: 'Department', id: String(thing.dept) } },
    }
    const fact = { type: 'Thing', id: thing.id, attributes, parents: [] }
    return evaluate(expr, { resource: { entity: { type: 'Thing', id: thing.id } } }, { facts: [fact] }) === true
  })
  return seen.map(({ id }) => id).sort()
}

const rewriterOf = (expr: Expr) => {
  const askRead: AskRead = () => ({ condition: reading('row', 'plain', expr), policies: [], policyVersion: '1' })
  return createRewriter({ tables, askRead })
}

test(proves('execution:condition:exact'), async () => {
  const property = fc.asyncProperty(condition, async (expr) => {
    const statement = rewriterOf(expr).rewrite(authorizedCall('user:ann'), 'select id from things', [])
    const { rows } = await pglite.query<{ id: string }>(statement.text, [...statement.parameters])
    expect(rows.map(({ id }) => id).sort()).toEqual(visibleByEvaluator(expr))
  })
  await fc.assert(property, { numRuns: runs(400) })
}, 1_200_000)

describe('what has no exact form', () => {
  const resource: Expr = { op: 'unknown', name: 'resource' }
  const inexact: Record<string, Expr> = {
    'a hierarchy': { op: 'in', left: attribute('dept'), right: entity('Department', '42') },
    'a resource in a hierarchy': { op: 'in', left: resource, right: entity('Folder', '1') },
    arithmetic: { op: 'less', left: { op: 'add', left: attribute('size'), right: value(1) }, right: value(5) },
    'an attribute that is not mapped': equal(attribute('missing'), value(1)),
    'a deep path': equal({ op: 'get', of: attribute('owner'), attribute: 'name' }, value('x')),
    'another unknown': equal({ op: 'unknown', name: 'context.time' }, value(1)),
    'a set attribute': { op: 'contains', left: attribute('owner'), right: value('x') },
    'a record': { op: 'record', fields: {} },
    'an order of texts': { op: 'less', left: attribute('label'), right: value(1) },
  }
  test.each(Object.entries(inexact))(proves('execution:condition:inexact', '%s'), (_name, expr) => {
    const hidden: Expr = { op: 'and', left: equal(attribute('size'), value(1)), right: expr }
    for (const condition of [expr, hidden, { op: 'or' as const, left: attribute('flag'), right: expr }]) {
      const rewriter = rewriterOf(condition)
      expect(() => rewriter.rewrite(authorizedCall('user:ann'), 'select id from things', [])).toThrow(
        expect.objectContaining({ code: 'execution.mapping-invalid' }),
      )
    }
  })
})
