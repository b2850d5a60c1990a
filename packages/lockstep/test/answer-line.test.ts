import { LockstepError } from '@lockstep/core'
import type { StatementExplainer } from '@lockstep/mcp'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { answerLine } from '../src/answer-line.ts'
import { readLines } from '../src/read-lines.ts'

/** Takes every statement but two, and hands it back. */
const explainer: Pick<StatementExplainer, 'explain'> = {
  explain(sql, parameters = []) {
    if (sql === 'refused') throw new LockstepError('execution.relation-unknown')
    if (sql === 'broken') throw new RangeError('too much recursion')
    return { text: sql, parameters: [...parameters, '42'], scopes: [], labels: [] }
  },
}
const answer = (text: string) => answerLine(explainer, Buffer.from(text))
const invalid = (id: string | number | null) => ({ id, ok: false, code: 'execution.statement-invalid' })

describe('one line', () => {
  test(proves('execution:explain:lines', 'has one answer'), () => {
    expect(answer('{"id":"a","sql":"select $1","parameters":[[1,null,{"b":true}]]}')).toEqual({
      id: 'a',
      ok: true,
      sql: 'select $1',
      parameters: [[1, null, { b: true }], '42'],
    })
    expect(answer('{"id":-1,"sql":"x","leaks":"a note"}'), 'further members are notes').toMatchObject({
      id: -1,
      ok: true,
    })
    expect(answer('{"id":"","sql":"refused"}')).toMatchObject({ id: '', ok: false, code: 'execution.relation-unknown' })
  })

  test(proves('execution:explain:bad-line', 'by what is wrong with it'), () => {
    for (const text of [
      '{"id":"a","sql":"x","sql":"y"}',
      '{"id":"a","sql":"\\ud800"}',
      '{"sql":1,"id":"a"}',
      '{"id":"a"}',
    ]) {
      expect(answer(text), text).toMatchObject(invalid('a'))
    }
    for (const number of ['9007199254740993', '1e400', '[1,{"n":12345678901234567890}]']) {
      expect(answer(`{"id":2,"sql":"x","parameters":[${number}]}`), number).toMatchObject(invalid(2))
    }
    for (const text of [
      '',
      ' ',
      '{',
      '[]',
      '1',
      'null',
      '{"id":true,"sql":"x"}',
      '{"id":1e300,"sql":"x"}',
      '\ufeff{"id":1,"sql":"x"}',
    ]) {
      expect(answer(text), text).toMatchObject(invalid(null))
    }
    expect(answerLine(explainer, undefined)).toMatchObject(invalid(null))
  })

  test(proves('execution:explain:bad-line', 'tells nothing of it, and nothing of a fault'), () => {
    const said = JSON.stringify([
      answer('{"id":"a","sql":"broken"}'),
      answer('{"id":"a","sql":"x","parameters":[1e999,"secret"]}'),
      answer('{"id":"a","sql":"x","parameters":"secret"}'),
      answer('secret'),
    ])
    expect(said).not.toMatch(/secret|recursion|broken/)
    expect(answer('{"id":"a","sql":"broken"}')).toMatchObject({ ok: false, code: 'execution.statement-unsupported' })
  })
})

describe('lines', () => {
  const linesOf = async (chunks: readonly string[], most = 10) => {
    const lines: (string | undefined)[] = []
    const input = (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk)
    })()
    for await (const line of readLines(input, most)) lines.push(line?.toString('utf8'))
    return lines
  }

  test(proves('execution:explain:lines', 'however they arrive'), async () => {
    expect(await linesOf([])).toEqual([])
    expect(await linesOf(['a\n', 'b', 'c\r\nd'])).toEqual(['a', 'bc', 'd'])
    expect(await linesOf(['\n\n', '\r\n', 'a'])).toEqual(['', '', '', 'a'])
    expect(await linesOf(['a', '\n'])).toEqual(['a'])
    expect(await linesOf(['ä', '\n'])).toEqual(['ä'])
  })

  test(proves('execution:explain:bad-line', 'that is longer than is kept'), async () => {
    expect(await linesOf(['0123456789\n', '0123456789a\n', 'b\n'])).toEqual(['0123456789', undefined, 'b'])
    expect(await linesOf(['012345', '678901', '234567', '\nb'])).toEqual([undefined, 'b'])
    expect(await linesOf(['01234567890'])).toEqual([undefined])
    const kept: number[] = []
    const flood = (async function* () {
      for (let sent = 0; sent < 256; sent += 1) {
        yield Buffer.alloc(1024 * 1024, 'x')
        kept.push(process.memoryUsage().arrayBuffers)
      }
    })()
    const lines: unknown[] = []
    for await (const line of readLines(flood, 1024)) lines.push(line)
    expect(lines).toEqual([undefined])
    expect(Math.max(...kept) - Math.min(...kept), 'nothing of it is kept').toBeLessThan(160 * 1024 * 1024)
  })
})
