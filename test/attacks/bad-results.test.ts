import type { JsonObject } from '@lockstep/core'
import type { Response } from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NIGHTLY, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { codeOf, openTarget, type Target } from './open-target.ts'

const LIMIT = NIGHTLY ? 256 * 1024 * 1024 : 4 * 1024 * 1024
let target: Target
let answer: (response: Response, id: unknown) => unknown
beforeAll(async () => {
  target = await openTarget((app) => app.use('/mcp', (request, response) => answer(response, request.body?.id)), {
    tools: {
      wide: {
        outputSchema: {
          type: 'object',
          'x-lockstep': { text: 'json' },
          properties: {
            shown: { type: 'string', 'x-lockstep': 'public' },
            rows: { type: 'array', items: { type: 'integer' }, 'x-lockstep': 'public' },
            hidden: { type: 'string' },
          },
        },
      },
    },
    // A night's answer is as large as a machine is slow: here its size is what bounds it.
    limits: { bodyBytes: 4096, answerBytes: LIMIT, callMs: NIGHTLY ? 900_000 : 60_000 },
  })
})
afterAll(() => target.lockstep.close())

/** What leaves of an answer of these bytes. */
async function left(bytes: (id: unknown) => string | Uint8Array) {
  answer = (response, id) => {
    const body = bytes(id)
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : Buffer.from(body))
  }
  const sent = await target.call('wide')
  const { result } = sent.body as {
    result?: { structuredContent?: JsonObject; content?: JsonObject[]; _meta?: JsonObject }
  }
  const last = target.desk.audit.events.findLast(({ step }) => step === 'response')
  return { text: sent.text, code: codeOf(sent), result, last }
}
const ofResult = (result: string) => (id: unknown) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`

test.each<readonly [string, string, object]>([
  ['a number for a text', '{"shown":7,"hidden":"CANARY"}', {}],
  ['an object for a text', '{"shown":{"shown":"CANARY"}}', {}],
  ['a list for a text', '{"shown":["CANARY"]}', {}],
  ['an object for a list', '{"rows":{"0":"CANARY"}}', {}],
  ['a number beyond every double', '{"rows":[1,1e999]}', { rows: [1] }],
  ['null for a list', '{"rows":null}', { rows: null }],
  ['a list with a depth that nobody reads', `{"rows":[1,${'['.repeat(100)}"CANARY"${']'.repeat(100)}]}`, { rows: [1] }],
  ['members of a prototype', '{"shown":"yes","__proto__":{"shown":"CANARY"},"constructor":"CANARY"}', { shown: 'yes' }],
  ['half a surrogate pair', '{"shown":"a\\ud800b"}', { shown: 'a\ufffdb' }],
  ['a terminal escape in halves', '{"shown":"a\\u001b[3\\u001b[0m1mb"}', { shown: 'a1mb' }],
])(proves('egress:schema:fits', 'over HTTP, %s'), async (_name, structured, expected) => {
  const { text, result } = await left(
    ofResult(`{"structuredContent":${structured},"content":[{"type":"text","text":"CANARY"}]}`),
  )
  expect(text).not.toContain('CANARY')
  expect(result?.structuredContent).toEqual(expected)
  expect(JSON.parse(String(result?.content?.[0]?.text))).toEqual(expected)
})

test.each<readonly [string, string]>([
  ['a list for the structure', '{"structuredContent":["CANARY"],"content":[]}'],
  ['a text for the structure', '{"structuredContent":"CANARY","content":[]}'],
  ['an object for the content', '{"content":{"type":"text","text":"{\\"shown\\":\\"CANARY\\"}"}}'],
  ['blocks that are none', '{"content":["CANARY",7,null,["CANARY"],{"type":"CANARY"}]}'],
  ['a list for the result', '["CANARY"]'],
  ['a text for the result', '"CANARY"'],
])(proves('egress:schema:fits', 'over HTTP, %s'), async (_name, result) => {
  const { text } = await left(ofResult(result))
  expect(text).not.toContain('CANARY')
})

test.each<readonly [string, string]>([
  ['a trailing comma', '{"shown":"CANARY",}'],
  ['a member twice', '{"shown":"a","shown":"CANARY"}'],
  ['no number', '{"shown":"CANARY","rows":[NaN]}'],
  ['a comment', '{"shown":"CANARY"/* */}'],
  ['a byte order mark', '\ufeff{"shown":"CANARY"}'],
  ['single quotes', "{'shown':'CANARY'}"],
  ['text behind it', '{"shown":"CANARY"} CANARY'],
  ['two values', '{"shown":"CANARY"}{"shown":"CANARY"}'],
  ['nothing', ''],
])(proves('egress:text:json', 'over HTTP, almost JSON: %s'), async (_name, written) => {
  const { text, result } = await left(ofResult(JSON.stringify({ content: [{ type: 'text', text: written }] })))
  expect(text).not.toContain('CANARY')
  expect(result).toEqual({ content: [] })
})

test(proves('egress:schema:fits', 'over HTTP, bytes that are no UTF-8'), async () => {
  const split = (id: unknown, bytes: number[]) => {
    const [before, after] = ofResult('{"structuredContent":{"shown":"a|b"},"content":[]}')(id).split('|')
    return Buffer.concat([Buffer.from(before ?? ''), Buffer.from(bytes), Buffer.from(after ?? '')])
  }
  // A lone byte, an overlong slash, a surrogate, the first half of a character, and an overlong quotation mark.
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xc0, 0xa2]]) {
    const { result, code } = await left((id) => split(id, bytes))
    if (code === undefined) expect(result?.structuredContent?.shown).toMatch(/^a\ufffd+b$/)
    else expect(result).toBeUndefined()
  }
})

test(
  proves('egress:rows', 'over HTTP, of more rows than anybody reads'),
  async () => {
    const count = NIGHTLY ? 10_000_000 : 300_000
    const before = process.memoryUsage.rss()
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss())
    }, 20)
    const rows = Buffer.from('7,'.repeat(count - 1))
    const [head, tail] = ['{"structuredContent":{"rows":[', '7]},"content":[]}']
    const { result, code } = await left((id) => {
      const [start, end] = ofResult(`${head}|${tail}`)(id).split('|')
      return Buffer.concat([Buffer.from(start ?? ''), rows, Buffer.from(end ?? '')])
    })
    clearInterval(watch)
    expect(code).toBeUndefined()
    // What is released as it comes is not held, so that nothing limits it but an obligation.
    expect(result?.structuredContent?.rows).toHaveLength(NIGHTLY ? count : 100_000)
    expect(result?._meta).toEqual(NIGHTLY ? undefined : { 'lockstep/more-withheld': true })
    // Some copies of the answer, and its rows: the client of this test is in this process.
    expect(most - before).toBeLessThan((NIGHTLY ? 3_000 : 800) * 1024 * 1024)
  },
  within(60_000),
)

test(proves('egress:rows', 'over HTTP, a value that is too large to be held'), async () => {
  const { text, code, result, last } = await left(
    ofResult(`{"structuredContent":{"shown":"${'CANARY'.repeat(LIMIT / 5)}"},"content":[]}`),
  )
  expect(text).not.toContain('CANARY')
  expect(result).toBeUndefined()
  expect(code).toBe('execution.answer-too-large')
  expect(last).toMatchObject({ outcome: 'failed', code: 'execution.answer-too-large' })
})
