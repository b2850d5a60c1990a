import fc from 'fast-check'
import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { isTransactionControl } from '../src/guard/is-transaction-control.ts'

beforeAll(() => loadModule())

const CONTROL = [
  ...['BEGIN', 'begin work', 'start transaction read only', 'COMMIT', 'commit and chain', 'END', 'rollback', 'ABORT'],
  ...['savepoint a', 'release a', 'release savepoint a', 'rollback to a', 'rollback to savepoint a'],
  ...["prepare transaction 'x'", "commit prepared 'x'", "rollback prepared 'x'"],
]
const OTHER = [
  ...['select 1', 'prepare p as select 1', 'deallocate p', 'set transaction read only', 'table commits', 'values (1)'],
  ...[
    'with begin as (select 1) select 1',
    '(select 1)',
    'insert into x values (1)',
    "do 'begin end'",
    'call commit()',
    'lock x',
  ],
]
const blank = fc.constantFrom(
  ' ',
  '\n',
  '\t',
  '\r\n',
  '\f',
  ';',
  '-- begin\n',
  '--\r',
  '/* commit */',
  '/* a /* b */ c */',
  '/*--*/',
  '/**/',
)
const blanks = fc.array(blank, { maxLength: 4 }).map((parts) => parts.join(''))
const cased = (text: string) =>
  fc.constantFrom(
    text,
    text.toUpperCase(),
    text.replace(/^./, (first) => first.toUpperCase()),
  )

/** What PostgreSQL's own parser says of a text, or nothing where it takes it for none or for several. */
function kindOf(sql: string): string | undefined {
  try {
    const { stmts = [] } = parseSync(sql) as { stmts?: { stmt?: object }[] }
    return stmts.length === 1 ? Object.keys(stmts[0]?.stmt ?? {})[0] : undefined
  } catch {
    return undefined
  }
}

describe('texts that control transactions', () => {
  test(proves('execution:transaction:control', 'as PostgreSQL parses them'), () => {
    const text = fc.constantFrom(...CONTROL, ...OTHER).chain((one) => fc.tuple(blanks, cased(one), blanks))
    fc.assert(
      fc.property(text, ([before, one, after]) => {
        const sql = `${before}${one}${after}`
        const kind = kindOf(sql)
        fc.pre(kind !== undefined)
        expect(isTransactionControl(sql), JSON.stringify(sql)).toBe(kind === 'TransactionStmt')
      }),
      { numRuns: 2000 },
    )
  })

  test.each([...CONTROL, ';;begin', '/* x */commit', 'end;', 'ROLLBACK;;'])(
    proves('execution:transaction:control', '%s'),
    (text) => {
      expect(isTransactionControl(text)).toBe(true)
    },
  )

  test.each([...OTHER, '', '/* begin', '-- begin', 'beginning'])('is no control: %s', (text) => {
    expect(isTransactionControl(text)).toBe(false)
  })
})
