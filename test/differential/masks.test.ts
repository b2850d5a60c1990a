import type { JsonValue, MaskDeclaration, MaskOptions } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMask } from '../../packages/layers/4-execution/src/policy/mask.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { any, reading, value } from '../fixtures/expense/conditions.ts'
import { runs } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'

const KEY = 'a key of the test, which is longer than 32 bytes'
const masks: MaskOptions = {
  key: KEY,
  custom: {
    initial: { sql: "left(cell, 1) || '***'", apply: (cell) => `${[...cell][0] ?? ''}***` },
    spaceless: {
      sql: "case when starts_with(cell, 'a') then replace(cell, ' ', '') else coalesce(split_part(cell, ' ', 1), '') end",
      apply: (cell) => (cell.startsWith('a') ? cell.replaceAll(' ', '') : (cell.split(' ')[0] ?? '')),
    },
  },
}

const text = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', "'", '\\', '\n', 'e\u0301'), maxLength: 8 })
const nullable = <T extends JsonValue>(cell: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 9, arbitrary: cell })
const digits = fc.stringMatching(/^-?[1-9][0-9]{0,12}\.[0-9]{2}$/)
const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -30, max: 30 }))
const whole = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), integer.map(String))
const day = fc
  .tuple(
    fc.integer({ min: 1, max: 9999 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
    fc.boolean(),
  )
  .map(([year, month, date, before]) => {
    const two = (n: number) => String(n).padStart(2, '0')
    return {
      date: `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`,
      before: before && year < 4000 ? ' BC' : '',
    }
  })

/** Columns by PostgreSQL type, with the texts that are stored and the masks that fit. */
const COLUMNS: readonly (readonly [
  type: string,
  cells: fc.Arbitrary<JsonValue>,
  kinds: readonly MaskDeclaration['kind'][],
])[] = [
  ['text', nullable(text), ['null', 'constant', 'last', 'hash', 'custom']],
  ['character varying(20)', nullable(text), ['last', 'hash', 'custom']],
  ['bigint', nullable(whole), ['last', 'hash', 'bucket', 'custom']],
  ['integer', nullable(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(String)), ['last', 'hash', 'bucket']],
  ['numeric(18,2)', nullable(fc.oneof(digits, fc.constantFrom('0.00', '-0.01', '-10.00', 'NaN'))), ['bucket', 'null']],
  [
    'numeric',
    nullable(fc.oneof(digits, fc.constantFrom('NaN', 'Infinity', '-Infinity', '12345678901234567890.5'))),
    ['bucket'],
  ],
  ['uuid', nullable(fc.uuid()), ['last', 'hash', 'custom']],
  [
    'date',
    nullable(
      fc.oneof(
        day.map(({ date, before }) => date + before),
        fc.constantFrom('infinity', '-infinity'),
      ),
    ),
    ['year', 'null'],
  ],
  ['timestamp without time zone', nullable(day.map(({ date, before }) => `${date} 23:59:59.5${before}`)), ['year']],
  ['timestamp(3) with time zone', nullable(day.map(({ date, before }) => `${date} 23:59:59+00${before}`)), ['year']],
]
const widths = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(7, 1_000_000, Number.MAX_SAFE_INTEGER))

function declarations(kind: MaskDeclaration['kind']): fc.Arbitrary<MaskDeclaration> {
  switch (kind) {
    case 'last':
      return fc.record({ kind: fc.constant(kind), keep: fc.nat({ max: 6 }) })
    case 'constant':
      return fc.record({ kind: fc.constant(kind), text })
    case 'bucket':
      return fc.record({ kind: fc.constant(kind), width: widths })
    case 'custom':
      return fc.record({ kind: fc.constant(kind), name: fc.constantFrom('initial', 'spaceless') })
    case 'hash':
      return fc.oneof(fc.constant({ kind }), fc.record({ kind: fc.constant(kind), domain: text }))
    default:
      return fc.constant({ kind })
  }
}

const askRead = () => ({
  condition: any(reading('row', 'plain', value(true)), reading('secret', 'masked', value(true))),
  policies: [],
  policyVersion: '1',
})

function statementFor(type: string, mask: MaskDeclaration, options = masks) {
  const columns = { id: { type: 'integer' }, cell: { type, class: 'secret', mask } }
  const tables = { 'public.cells': { entity: 'Cell', key: 'id', columns } }
  const rewriter = createRewriter({ tables, askRead, masks: options })
  return rewriter.rewrite(authorizedCall('user:ann'), 'select id, cell from cells order by id', [])
}

beforeAll(loadParser)

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres({ version })
  })
  afterAll(() => postgres?.stop())

  test.each(COLUMNS)(proves('execution:mask:same-twice', '%s'), async (type, cells, kinds) => {
    const pool = postgres.pool()
    const client = await pool.connect()
    try {
      await client.query("set timezone to 'UTC'")
      const cases = fc.tuple(
        fc.constantFrom(...kinds).chain(declarations),
        fc.array(cells, { minLength: 20, maxLength: 40 }),
      )
      await fc.assert(
        fc.asyncProperty(cases, async ([mask, stored]) => {
          await client.query('drop table if exists cells')
          await client.query(`create table cells (id int primary key, cell ${type})`)
          await client.query(
            `insert into cells select ordinality, nullif(cell, chr(1))::${type} from unnest($1::text[]) with ordinality as t (cell, ordinality)`,
            [stored.map((cell) => cell ?? '\u0001')],
          )
          // What a result carries: the value as its text, which is what a record holds.
          const plain = await client.query('select cell::text as cell from cells order by id')
          const statement = statementFor(type, mask)
          const { rows } = await client.query(statement.text, [...statement.parameters])
          const own = createMask(mask, { name: 'Cell.cell', stored: type, type: {} }, masks)
          expect(rows.map((row) => row.cell)).toEqual(
            plain.rows.map((row) => (row.cell === null && mask.kind !== 'constant' ? null : own.value(row.cell))),
          )
        }),
        { numRuns: runs(25) },
      )
    } finally {
      client.release()
    }
  })
})

describe('hashes', () => {
  test(proves('execution:mask:key', 'stand in no statement with their key'), () => {
    const { text: printed, parameters } = statementFor('text', { kind: 'hash' })
    const told = [KEY, Buffer.from(KEY).toString('hex'), Buffer.from(KEY).toString('base64')]
    for (const secret of told) expect(printed + JSON.stringify(parameters)).not.toContain(secret)
    for (const bound of parameters) expect(printed).not.toContain(String(bound))
    expect(parameters).toHaveLength(2)
  })

  test(proves('execution:mask:key', 'differ between domains and keys, and are equal within one'), () => {
    const hash = (name: string, domain?: string, key = KEY) =>
      createMask(
        { kind: 'hash', ...(domain === undefined ? {} : { domain }) },
        { name, stored: 'text', type: {} },
        { key },
      ).value('x')
    expect(hash('A.x')).toMatch(/^[0-9a-f]{32}$/)
    expect(hash('A.x')).not.toBe(hash('B.x'))
    expect(hash('A.x', 'people')).toBe(hash('B.x', 'people'))
    expect(hash('A.x')).not.toBe(hash('A.x', undefined, `${KEY}.`))
  })
})

describe('a mask that is refused with the mapping', () => {
  const refused: Record<string, readonly [string, MaskDeclaration, MaskOptions?]> = {
    'a hash without a key': ['text', { kind: 'hash' }, {}],
    'a hash with a short key': ['text', { kind: 'hash' }, { key: 'x'.repeat(31) }],
    'a hash of a date': ['date', { kind: 'hash' }],
    'a year of a text': ['text', { kind: 'year' }],
    'a bucket of a text': ['text', { kind: 'bucket', width: 10 }],
    'a bucket without a width': ['bigint', { kind: 'bucket', width: 0 }],
    'a bucket of a fraction': ['bigint', { kind: 'bucket', width: 0.5 }],
    'a custom one that is not configured': ['text', { kind: 'custom', name: 'missing' }],
    'a custom one called like a member of every object': ['text', { kind: 'custom', name: 'toString' }],
  }
  test.each(Object.entries(refused))(proves('execution:mask:refused', '%s'), (_name, [type, mask, options = masks]) => {
    expect(() => statementFor(type, mask, options)).toThrow(
      expect.objectContaining({ code: 'execution.mapping-invalid' }),
    )
  })

  const templates = [
    '(select max(iban) from expenses)',
    'iban',
    't.cell',
    '$1',
    'pg_read_file(cell)',
    'public.left(cell, 1)',
    'count(cell)',
    'cell from expenses',
    'cell, cell',
    'cell as x',
    'left(cell, 1) over ()',
    'now()',
    'cell; select 1',
    '',
    'row(cell)',
    'array[cell]',
    'cell::regclass::text',
    'current_user',
    'upper(cell)',
    'cell where true',
    "cell union select 'x'",
    'distinct cell',
    '*',
    'cell.*',
    "set_config('x', cell, false)",
  ]
  test.each(templates)(proves('execution:mask:refused', 'the SQL `%s`'), (sql) => {
    const custom = { own: { sql, apply: String } }
    expect(() => statementFor('text', { kind: 'custom', name: 'own' }, { custom })).toThrow(
      expect.objectContaining({ code: 'execution.mapping-invalid' }),
    )
  })
})
