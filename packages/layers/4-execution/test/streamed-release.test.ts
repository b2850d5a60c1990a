import type { JsonValue } from '@lockstep/core'
import { release } from '@lockstep/execution/egress'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs, SEED } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import {
  alice,
  callWith,
  divided,
  GIVEN,
  type Given,
  MINE,
  options,
  planOf,
  streamed,
  written,
} from './streamed-results.ts'

describe('a result that comes in pieces', () => {
  test(proves('relay:streamed:equal'), async () => {
    let refused = 0
    const property = fc.asyncProperty(...GIVEN, async (result, text, limit, at, isEscaped) => {
      const whole = release(callWith(limit), JSON.parse(JSON.stringify(result)), planOf(text), options)
      const { left, error, withheld, raised } = await streamed(divided(written(result, isEscaped), at), {
        text,
        limit,
      })
      // What would change what has left is refused; nothing but what may leave has.
      if (error) {
        refused += 1
        expect(left).toBe('')
        return
      }
      expect(JSON.parse(left)).toEqual(JSON.parse(JSON.stringify(whole.result)))
      expect({ ...withheld, fields: new Set(withheld.fields) }).toEqual({
        ...whole.withheld,
        fields: new Set(whole.withheld.fields),
      })
      expect(new Set(raised.map(({ label }) => label))).toEqual(new Set(whole.labels))
    })
    await fc.assert(property, { numRuns: runs(600), seed: SEED })
    expect(refused).toBeLessThan(runs(600) / 5)
  })

  test(proves('relay:streamed:equal', 'every border of one result'), async () => {
    const record = { ...MINE, vendor: 'Æ "\\ 😀\u0007' }
    const value = { page: { items: [record, { id: 'INV-3' }] } }
    const result = { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value }
    for (const isEscaped of [false, true]) {
      const text = written(result, isEscaped)
      const { left: together } = await streamed([text], { text: 'json' })
      expect(JSON.parse(together)).toEqual(release(alice, JSON.parse(text), planOf('json'), options).result)
      for (let at = 1; at < text.length; at += 1) {
        const { left, error } = await streamed([text.slice(0, at), text.slice(at)], { text: 'json' })
        expect({ at, left, error }).toEqual({ at, left: together, error: undefined })
      }
    }
  })

  const many = Array.from({ length: 2_000 }, (_, n) => ({ ...MINE, id: `INV-${n}`, vendor: 'v'.repeat(50) }))
  const page = (items: readonly JsonValue[]) => ({ structuredContent: { page: { items } } })
  const text = (value: unknown) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] })

  test(proves('relay:streamed:labels'), async () => {
    const labeled = [...many, { ...MINE, confidential: true }, ...many]
    const { raised, left, error } = await streamed(divided(JSON.stringify(page(labeled)), [1]))
    expect({ raised: raised.map(({ label }) => label), error }).toEqual({ raised: ['confidential'], error: undefined })
    const [{ after } = { after: 0 }] = raised
    expect(after).toBeGreaterThan(65_536)
    expect(left.indexOf('"confidential":true')).toBeGreaterThanOrEqual(after)
    const cut = JSON.stringify(page(labeled))
    expect((await streamed([cut.slice(0, cut.indexOf('"confidential":true'))])).raised).toEqual([])
  })

  const REFUSED: Readonly<Record<string, readonly [JsonValue | string, Given?]>> = {
    'an error after what has left': [{ ...page(many), isError: true }],
    'a structure after a text for everybody': [{ ...text(many), ...page(many) }, { text: 'public' }],
    'the end in the middle': [JSON.stringify(page(many)).slice(0, -40)],
    'a member twice': [`${JSON.stringify(page(many)).slice(0, -1)},"structuredContent":{"total":1}}`],
    'a member of a record twice': [JSON.stringify(page(many)).replace('"INV-1999",', '"INV-1999","id":"INV-1",')],
    'a comma too many': [JSON.stringify(page(many)).replace(/\]\}\}\}$/, ',]}}}')],
    'a record that is too much to hold': [page([...many, { ...MINE, vendor: 'v'.repeat(100_001) }])],
  }
  test.each(Object.entries(REFUSED))(proves('relay:streamed:refused', '%s'), async (_name, [value, given]) => {
    const written = typeof value === 'string' ? value : JSON.stringify(value)
    const { error, left } = await streamed(divided(written, [100, 70_000, 200_001]), given)
    expect(error).toBeInstanceOf(Error)
    expect(left.length).toBeGreaterThan(65_536)
    expect(() => JSON.parse(`${left}}`)).toThrow(SyntaxError)
  })

  const LATE: Readonly<Record<string, JsonValue>> = {
    'almost JSON in a text': { content: [{ type: 'text', text: `${JSON.stringify({ page: { items: many } })}}` }] },
    'JSON with a member twice in a text': {
      content: [{ type: 'text', text: JSON.stringify({ page: { items: many } }).replace('"INV-9",', '"x","id":"y",') }],
    },
    'almost JSON between others': {
      content: [
        ...text({ total: 1 }).content,
        { type: 'text', text: `${JSON.stringify({ page: { items: many } })},` },
        ...text({ page: { items: many.slice(0, 1_500) } }).content,
      ],
    },
    'another structure after its text': { ...text({ total: 1, page: { items: many } }), ...page(many.slice(1)) },
    'an error after its text': { ...text({ page: { items: many } }), isError: true },
  }
  test.each(Object.entries(LATE))(proves('relay:streamed:equal', 'of what is known late: %s'), async (_name, value) => {
    const whole = release(alice, JSON.parse(JSON.stringify(value)), planOf('json'), options)
    const { left, error, withheld } = await streamed(divided(JSON.stringify(value), [100, 70_000, 200_001]), {
      text: 'json',
    })
    expect(error).toBeUndefined()
    expect(JSON.parse(left)).toEqual(whole.result)
    expect(withheld).toEqual(whole.withheld)
  })
})
