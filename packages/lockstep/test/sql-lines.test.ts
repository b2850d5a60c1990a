import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { within } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { type Conversation, converse } from './converse.ts'

const TENANTS = resolve(import.meta.dirname, '../../../test/fixtures/tenants')
const CASES = resolve(TENANTS, '../cases/sql-attacks.jsonl')
const MEBIBYTE = 1024 * 1024

interface Answer {
  readonly id: string | number | null
  readonly ok: boolean
  readonly sql?: string
  readonly parameters?: readonly unknown[]
  readonly code?: string
  readonly message?: string
}

const begin = (...more: string[]): Conversation =>
  converse(
    ['sql', '--config', join(TENANTS, 'lockstep.config.ts'), '--subject', 'user:ann', '--jsonl', ...more],
    TENANTS,
  )

vi.setConfig({ testTimeout: within(180_000) })

const line = (id: unknown, sql: unknown, parameters?: unknown) => `${JSON.stringify({ id, sql, parameters })}\n`
const read = async (peer: Conversation): Promise<Answer> => JSON.parse((await peer.answer()) ?? 'null')

let peer: Conversation
beforeAll(() => {
  peer = begin()
})
afterAll(async () => {
  peer.end()
  expect(await peer.answer(), 'one line each, and no more').toBeUndefined()
  expect(await peer.over).toEqual({ code: 0, complained: '' })
})

/** Sends one line and waits for its answer. */
async function ask(bytes: string | Uint8Array): Promise<Answer> {
  await peer.write(bytes)
  return read(peer)
}

const ORDERS = 'select id from orders where amount > $1'

describe('a line', () => {
  test(proves('execution:explain:lines', 'is answered before the next one is sent'), async () => {
    expect(await ask(line('a', ORDERS, [100]))).toEqual({
      id: 'a',
      ok: true,
      sql: expect.stringMatching(/orders\.tenant_id = .*\$2.*amount > \$1/),
      parameters: [100, '1'],
    })
    expect(await ask(line(7, 'select ssn from orders'))).toEqual({
      id: 7,
      ok: false,
      code: 'execution.column-unknown',
      message: expect.stringContaining('query the columns of the catalog'),
    })
    expect(await ask(line('b', 'select 1', []))).toMatchObject({ id: 'b', ok: true, parameters: [] })
  })

  test(proves('execution:explain:lines', 'tells of a write what its answer means'), async () => {
    expect(await ask(line('w', 'update orders set qty = $2 where id = $1', [1, 5]))).toEqual({
      id: 'w',
      ok: true,
      sql: expect.stringMatching(/^UPDATE app\.orders AS __t1 SET qty = \$2 WHERE __t1\.tenant_id .*RETURNING CAST/),
      parameters: [1, 5, '1'],
      write: { command: 'UPDATE', answers: 'marks' },
    })
    expect(await ask(line('r', 'delete from pub where id = 1 returning label'))).toMatchObject({
      ok: true,
      write: { command: 'DELETE', answers: 'rows' },
    })
    expect(await ask(line('p', 'update orders set ssn = null'))).toMatchObject({ code: 'execution.column-unknown' })
    expect(await ask(line('e', 'delete from ev'))).toMatchObject({ code: 'execution.write-denied' })
  })

  test(proves('execution:explain:lines', 'may come in pieces, with others, and with a carriage return'), async () => {
    const bytes = Buffer.from(`${line('ä', 'select 1').trimEnd()}\r\n${line('c', ORDERS, [1])}${line('d', 'x')}`)
    for (const at of [0, 8, 9, 30])
      await peer.write(bytes.subarray(at, at === 30 ? bytes.length : [8, 9, 30][[0, 8, 9].indexOf(at)]))
    expect((await read(peer)).id).toBe('ä')
    expect((await read(peer)).id).toBe('c')
    expect(await read(peer)).toMatchObject({ id: 'd', ok: false, code: 'execution.statement-invalid' })
  })

  test(proves('execution:explain:bad-line'), async () => {
    const nobody: readonly (string | Uint8Array)[] = [
      '\n',
      'select 1\n',
      '{"id":"a","sql":"select 1"\n',
      '[]\n',
      'null\n',
      '"a"\n',
      line(null, 'select 1'),
      line({}, 'select 1'),
      line(1.5, 'select 1'),
      line('x'.repeat(5000), 'select 1'),
      line(undefined, 'select 1'),
      `${'['.repeat(100_000)}\n`,
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from([0x00, 0x0a]),
    ]
    const named: readonly string[] = [
      line('e', undefined),
      line('e', null),
      line('e', 1),
      line('e', ['select 1']),
      line('e', { text: 'select 1' }),
      line('e', 'select 1', 'none'),
      line('e', 'select 1', { 0: 1 }),
      line('e', 'select 1', null),
      line('e', ORDERS),
      line('e', ORDERS, [1, 2]),
      '{"id":"e","sql":"select 1","sql":"select 2"}\n',
      '{"id":"e","sql":"select \\ud800"}\n',
      '{"id":"e","sql":"select $1","parameters":[12345678901234567890]}\n',
      '{"id":"e","sql":"select $1","parameters":[1e999]}\n',
      line('e', ''),
      line('e', 'select 1; select 2'),
      line('e', 'select \u0000'),
    ]
    for (const bytes of nobody) {
      expect(await ask(bytes), String(bytes).slice(0, 80)).toMatchObject({
        id: null,
        ok: false,
        code: 'execution.statement-invalid',
      })
    }
    for (const bytes of named) {
      expect(await ask(bytes), bytes).toMatchObject({ id: 'e', ok: false, code: 'execution.statement-invalid' })
    }
    expect(await ask(line('f', ORDERS, [1]))).toMatchObject({ id: 'f', ok: true })
  })

  test(proves('execution:explain:bad-line', 'of a mebibyte, and of more than is kept'), async () => {
    for (const sql of ['x'.repeat(MEBIBYTE), `select ${'('.repeat(MEBIBYTE)}`, '\u0001'.repeat(MEBIBYTE)]) {
      expect(await ask(line('g', sql))).toMatchObject({ id: 'g', ok: false, code: 'execution.statement-invalid' })
    }
    expect(await ask(line('h', 'x'.repeat(9 * MEBIBYTE)))).toMatchObject({ id: null, ok: false })
    expect(await ask(line('i', 'select 1'))).toMatchObject({ id: 'i', ok: true })
  })

  test(proves('execution:explain:bad-line', 'that breaks the parser'), async () => {
    const deep = (before: string, times: number, after: string) =>
      `select ${before.repeat(times)}1${after.repeat(times)}`
    for (const sql of [deep('(select ', 1500, ')'), deep('not ', 4000, ''), deep('1+', 8000, '')]) {
      expect(await ask(line('j', sql))).toMatchObject({ id: 'j', ok: false })
      expect(await ask(line('k', ORDERS, [1])), 'the next one is answered').toMatchObject({ id: 'k', ok: true })
    }
  })
})

test(proves('execution:explain:cases'), async () => {
  const cases = readFileSync(CASES, 'utf8').trimEnd().split('\n')
  expect(cases.length).toBe(200)
  await peer.write(`${cases.join('\n')}\n`)
  const refused = new Map<string, number>()
  for (const text of cases) {
    const { id } = JSON.parse(text)
    const answer = await read(peer)
    expect(answer.id).toBe(id)
    if (answer.ok)
      expect(answer.sql?.replace(/'[^']*'/g, ''), 'what is quoted names nothing').not.toMatch(
        /\bssn\b|\bdbl\b|orders_old|\bev_1\b|\bplain\b/,
      )
    else refused.set(String(answer.code), (refused.get(String(answer.code)) ?? 0) + 1)
  }
  expect([...refused.keys()].filter((code) => !code.startsWith('execution.'))).toEqual([])
})

test(proves('execution:explain:lines', 'thousands, whether their answers are read or not'), async () => {
  const other = begin()
  const count = 5_000
  const sent = (async () => {
    for (let id = 0; id < count; id++) await other.write(line(id, ORDERS, [id % 3]))
    other.end()
  })()
  // Nobody reads at first: nothing is lost and nothing is kept without bound.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  for (let id = 0; id < count; id++) {
    const answer = await read(other)
    if (answer.id !== id || !answer.ok) expect(answer).toMatchObject({ id, ok: true })
  }
  await sent
  expect(await other.answer()).toBeUndefined()
  expect(await other.over).toEqual({ code: 0, complained: '' })
})

test(proves('execution:explain:lines', 'and a reader that hangs up ends it quietly'), async () => {
  const other = begin()
  await other.write(line('a', 'select 1'))
  expect((await read(other)).ok).toBe(true)
  other.hangUp()
  await other.write(line('b', 'select 1').repeat(10_000))
  expect(await other.over).toEqual({ code: 1, complained: '' })
})

test(proves('execution:explain:lines', 'without a last line feed, and without any line'), async () => {
  const other = begin()
  await other.write(line('a', 'select 1').trimEnd())
  other.end()
  expect(await read(other)).toMatchObject({ id: 'a', ok: true })
  expect(await other.answer()).toBeUndefined()
  expect(await other.over).toEqual({ code: 0, complained: '' })
  const silent = begin()
  silent.end()
  expect(await silent.answer()).toBeUndefined()
  expect(await silent.over).toEqual({ code: 0, complained: '' })
})
