import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, JsonValue, Obligation } from '@lockstep/core'
import {
  createTextRedactor,
  mayStream,
  release,
  WATERMARK_META,
  walkResult,
  watermarksOf,
} from '@lockstep/execution/egress'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { NIGHTLY, runs, SEED } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { plainJson } from '../src/egress/plain-json.ts'
import { callWith, divided, GIVEN, MINE, options, planOf, streamed, written } from './streamed-results.ts'

const redactor = createTextRedactor({ deadline: 60_000 })
afterAll(() => redactor.close())

const oblige = (name: string, value = ''): Obligation => ({ name, value, policyId: 'p' })
const REDACT = oblige('redact_text')

/** What leaves of a result that is held: as the obligations are carried out on it. */
async function held(value: unknown, obligations: readonly Obligation[], text?: string, limit?: number) {
  const call = callWith(limit, obligations)
  const given: JsonObject = JSON.parse(JSON.stringify(value))
  const whole = release(call, given, planOf(text), options)
  const texts: string[] = []
  walkResult(whole.result, (one) => {
    texts.push(one)
    return one
  })
  const redacted = obligations.includes(REDACT) ? [...(await redactor.redact(texts)).texts] : texts
  const changed = walkResult(whole.result, () => redacted.shift() ?? '')
  const result = plainJson(changed, { values: 1_000_000 }) as JsonObject
  const marks = watermarksOf(call)
  if (marks.length === 0) return { result, withheld: whole.withheld }
  const meta = {
    ...(result._meta as JsonObject | undefined),
    [WATERMARK_META]: obligations.flatMap((one) => (one.name === 'watermark' ? [one.value] : [])),
  }
  const content = [...(result.content as JsonValue[]), ...marks]
  return { result: { ...result, content, _meta: meta }, withheld: whole.withheld }
}

describe('a result that comes in pieces, under obligations', () => {
  test(proves('redaction:stream:equal'), async () => {
    let refused = 0
    let found = 0
    const property = fc.asyncProperty(
      ...GIVEN,
      fc.subarray([REDACT, oblige('watermark', 'for anna@example.com'), oblige('mask', 'bank')], { minLength: 1 }),
      async (result, text, limit, at, isEscaped, obligations) => {
        const whole = await held(result, obligations, text, limit)
        const { left, error, withheld } = await streamed(divided(written(result, isEscaped), at), {
          ...{ text, limit, obligations, redactor },
        })
        if (error) {
          refused += 1
          expect(left).toBe('')
          return
        }
        if (left.includes('[email]')) found += 1
        expect(JSON.parse(left)).toEqual(whole.result)
        expect(new Set(withheld.fields)).toEqual(new Set(whole.withheld.fields))
      },
    )
    await fc.assert(property, { numRuns: runs(120), seed: SEED })
    expect(refused).toBeLessThan(runs(120) / 5)
    expect(found).toBeGreaterThan(runs(120) / 40)
  })

  test(proves('redaction:stream:equal', 'every border of one result'), async () => {
    const record = { ...MINE, vendor: 'ask é.berg@example.com 😀' }
    const value = { page: { items: [record] }, tags: ['password=hunter22aa', { type: 'text', text: '["a@b.de"]' }] }
    const result = { content: [{ type: 'text', text: JSON.stringify(value) }] }
    for (const isEscaped of [false, true]) {
      for (const text of ['json', 'public']) {
        const given = written(result, isEscaped)
        const { result: whole } = await held(result, [REDACT], text)
        expect(JSON.stringify(whole)).not.toMatch(/@|hunter/)
        // By day every eighth of them, another one in each form.
        for (let at = isEscaped ? 1 : 5; at < given.length; at += NIGHTLY ? 1 : 8) {
          const pieces = [given.slice(0, at), given.slice(at)]
          const { left, error } = await streamed(pieces, { text, obligations: [REDACT], redactor })
          expect({ at, error, left: JSON.parse(left) }).toEqual({ at, error: undefined, left: whole })
        }
      }
    }
  })

  const filler = 'Nothing to see here. '
  const long = `${filler.repeat(3_120)}ask anna.berg@example.com ${filler.repeat(3_120)}\u202e${'漢'.repeat(9_000)} a@b.de `
  const LARGE: Readonly<Record<string, readonly [JsonValue, string]>> = {
    'a text': [{ content: [{ type: 'text', text: long.repeat(3) }] }, 'public'],
    'a text that is JSON': [{ content: [{ type: 'text', text: JSON.stringify([long.repeat(9), long]) }] }, 'public'],
    'a text that is almost JSON': [
      { content: [{ type: 'text', text: `${JSON.stringify([long.repeat(9), long])},` }] },
      'public',
    ],
    'a value of the structure': [{ structuredContent: { tags: [long, { [long]: long }] } }, 'json'],
    'a value of JSON in a text': [
      { content: [{ type: 'text', text: JSON.stringify({ tags: [long, { a: long }] }) }] },
      'json',
    ],
  }
  test.each(Object.entries(LARGE))(
    proves('redaction:stream:equal', 'with a long secret place: %s'),
    async (_, given) => {
      const [value, text] = given
      const { result: whole } = await held(value, [REDACT], text)
      const pieces = divided(JSON.stringify(value), [65_530, 65_536, 131_072, 200_001])
      const { left, error } = await streamed(pieces, { text, obligations: [REDACT], redactor, most: 1_000_000 })
      expect(error).toBeUndefined()
      expect(left).not.toMatch(/anna|a@b/)
      expect(isDeepStrictEqual(JSON.parse(left), whole)).toBe(true)
    },
  )

  const many = Array.from({ length: 2_000 }, (_, n) => ({ ...MINE, id: `INV-${n}`, vendor: 'v'.repeat(50) }))
  const page = { structuredContent: { page: { items: [...many, { ...MINE, vendor: 'STOP' }, ...many] } } }
  test.each([
    ['hangs', 'for (;;);', 1_000],
    ['throws', "throw new Error('CANARY')", 60_000],
  ])(proves('redaction:stream:fails', 'a detector that %s'), async (_, body, deadline) => {
    const code = `export const detect = (text) => { if (text === 'STOP') { ${body} } return [] }`
    const detectors = [new URL(`data:text/javascript,${encodeURIComponent(code)}`)]
    const failing = createTextRedactor({ detectors, deadline })
    const { left, error } = await streamed(divided(JSON.stringify(page), [100, 70_000]), {
      ...{ obligations: [REDACT], redactor: failing },
    })
    await failing.close()
    expect(error).toMatchObject({ code: 'execution.obligation-failed' })
    // What was searched before has left, as far as it was in time; the record, and what comes with it, has not.
    expect(left).not.toMatch(/STOP|CANARY/)
  })

  test(proves('redaction:stream:fails', 'without anything that searches'), async () => {
    await expect(streamed([JSON.stringify(page)], { obligations: [REDACT] })).rejects.toMatchObject({
      code: 'execution.obligation-failed',
    })
  })

  test(proves('egress:obligation:whole', 'of ours none does'), () => {
    const ours = ['mask', 'drop', 'limit', 'redact_text', 'watermark', 'notify', 'terminate_session', 'redact_labeled']
    expect(mayStream({ obligations: ours.map((name) => oblige(name)) })).toBe(true)
    expect(mayStream({ obligations: [...ours, 'stamp'].map((name) => oblige(name)) })).toBe(false)
  })
})
