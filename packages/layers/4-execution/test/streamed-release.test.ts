import type { JsonObject, JsonValue } from '@lockstep/core'
import { beginStreamed, createJsonCursor, obligeRead, planOutput, release } from '@lockstep/execution/egress'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { runs, SEED } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'

const alice = authorizedCall('user:alice')
const EXPENSE: JsonObject = {
  type: 'object',
  'x-lockstep': { entity: 'Expense' },
  properties: {
    id: { type: 'string' },
    dept_id: { type: 'integer' },
    employee_id: { type: 'string' },
    confidential: { type: 'boolean' },
    iban: { type: 'string' },
    vendor: { type: 'string' },
  },
}
const PROPERTIES: JsonObject = {
  page: { type: 'object', properties: { items: { type: 'array', items: EXPENSE } } },
  tags: { type: 'array', 'x-lockstep': 'public' },
  total: { type: 'integer', 'x-lockstep': 'public' },
}
const schema = (text: string | undefined): JsonObject => ({
  type: 'object',
  properties: PROPERTIES,
  'x-lockstep': { attachments: 'public', ...(text === undefined ? {} : { text }) },
})

const options = { askRead: obligeRead(askReadExpenses), isFinalRow: () => false }
const callWith = (limit: number | undefined) => ({
  ...alice,
  obligations: limit === undefined ? [] : [{ name: 'limit', value: String(limit), policyId: 'p' }],
})
const planOf = (text: string | undefined) =>
  planOutput('tool', { outputSchema: schema(text) }, { tables: expenseTables })

interface Given {
  readonly text?: string | undefined
  readonly limit?: number | undefined
  readonly most?: number
}

/** Releases a result that comes in these pieces. */
async function streamed(pieces: readonly string[], { text, limit, most = 100_000 }: Given = {}) {
  const left: Buffer[] = []
  const raised: { readonly label: string; readonly after: number }[] = []
  const length = () => left.reduce((sum, piece) => sum + piece.length, 0)
  const streaming = beginStreamed(
    callWith(limit),
    planOf(text),
    {
      ...options,
      raise: async (labels) => void raised.push(...labels.map((label) => ({ label, after: length() }))),
      most,
      wholeBlock: 64,
    },
    { write: async (piece) => void left.push(Buffer.from(piece)) },
  )
  const rest = [...pieces]
  const cursor = createJsonCursor(async () => rest.shift())
  try {
    await streaming.release(cursor)
    streaming.output.put('}')
    await streaming.output.flush()
    return { error: undefined, left: Buffer.concat(left).toString(), raised, ...streaming.summary() }
  } catch (error) {
    return { error, left: Buffer.concat(left).toString(), raised, ...streaming.summary() }
  } finally {
    await streaming.close()
  }
}

const MINE = {
  id: 'INV-2',
  dept_id: 42,
  employee_id: 'user:alice',
  confidential: false,
  iban: 'DE02500105170137075030',
}
const ANY_TEXT = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('\\u0041', '"\\', 'ann\u202e \u001b[31mred\u001b[0m', '😀'.repeat(9), '\u2028\r', 'x'.repeat(90)),
)
const RECORD = fc.record(
  {
    id: ANY_TEXT,
    dept_id: fc.constantFrom<JsonValue>(42, 7, null, 'x'),
    employee_id: fc.constantFrom('user:alice', 'user:erin', 'user:carol'),
    confidential: fc.boolean(),
    iban: ANY_TEXT,
    vendor: fc.oneof(ANY_TEXT, fc.constant<JsonValue>({ hidden: 'CANARY' })),
    unbound: fc.constant('CANARY'),
  },
  { requiredKeys: [] },
)
const STRUCTURE = fc.record(
  {
    page: fc.oneof(
      { weight: 5, arbitrary: fc.record({ items: fc.array(RECORD, { maxLength: 8 }), unbound: ANY_TEXT }) },
      fc.constantFrom<JsonValue>([], null, 'x', 1),
    ),
    tags: fc.oneof(fc.array(ANY_TEXT), ANY_TEXT, fc.constant(null)),
    total: fc.oneof(fc.integer(), fc.constant('CANARY')),
    unbound: fc.constant<JsonValue>({ deep: ['CANARY'] }),
  },
  { requiredKeys: [] },
)
const BLOCK = fc.oneof(
  fc.record({
    type: fc.constant('text'),
    text: fc.oneof(
      ANY_TEXT,
      STRUCTURE.map((value) => JSON.stringify(value)),
    ),
  }),
  fc.record({ type: fc.constant('image'), data: fc.base64String(), mimeType: fc.constant('image/png') }),
  fc.constantFrom<JsonValue>(null, 'x', { type: 'other', text: 'CANARY' }),
)
/** What servers send: a structure with or without its text before or after it, texts alone, and what fits nothing. */
const RESULT = fc.oneof(
  STRUCTURE.map((value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value })),
  STRUCTURE.map((value) => ({ structuredContent: value, content: [{ type: 'text', text: 'CANARY'.repeat(20) }] })),
  fc.record({ content: fc.array(BLOCK, { maxLength: 4 }), _meta: fc.constant({ unbound: 'CANARY' }) }),
  fc.record({ isError: fc.constant(true), content: fc.array(BLOCK, { maxLength: 2 }), structuredContent: STRUCTURE }),
  fc.record({
    content: fc.constantFrom<JsonValue>(null, 'x', {}),
    structuredContent: fc.constantFrom<JsonValue>([], 1),
  }),
)
/** The same text with every character escaped that a writer may escape, by chance. */
const written = (value: unknown, isEscaped: boolean) =>
  isEscaped
    ? JSON.stringify(value).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : JSON.stringify(value)

function divided(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((one, other) => one - other)
  return [...places, text.length]
    .map((place, n) => text.slice(places[n - 1] ?? 0, place))
    .filter((piece) => piece !== '')
}

describe('a result that comes in pieces', () => {
  test(proves('relay:streamed:equal'), async () => {
    let refused = 0
    const property = fc.asyncProperty(
      RESULT,
      fc.constantFrom(undefined, 'json', 'public'),
      fc.option(fc.nat(4), { nil: undefined }),
      fc.array(fc.nat(10_000), { maxLength: 40 }),
      fc.boolean(),
      async (result, text, limit, at, isEscaped) => {
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
      },
    )
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
    'another structure after its text': [
      { ...text({ total: 1, page: { items: many } }), ...page(many) },
      { text: 'json' },
    ],
    'a structure after a text for everybody': [{ ...text(many), ...page(many) }, { text: 'public' }],
    'the end in the middle': [JSON.stringify(page(many)).slice(0, -40)],
    'a member twice': [`${JSON.stringify(page(many)).slice(0, -1)},"structuredContent":{"total":1}}`],
    'a member of a record twice': [JSON.stringify(page(many)).replace('"INV-1999",', '"INV-1999","id":"INV-1",')],
    'a comma too many': [JSON.stringify(page(many)).replace(/\]\}\}\}$/, ',]}}}')],
    'almost JSON in a text': [
      { content: [{ type: 'text', text: `${JSON.stringify({ page: { items: many } })}}` }] },
      { text: 'json' },
    ],
    'a record that is too much to hold': [page([...many, { ...MINE, vendor: 'v'.repeat(100_001) }])],
  }
  test.each(Object.entries(REFUSED))(proves('relay:streamed:refused', '%s'), async (_name, [value, given]) => {
    const written = typeof value === 'string' ? value : JSON.stringify(value)
    const { error, left } = await streamed(divided(written, [100, 70_000, 200_001]), given)
    expect(error).toBeInstanceOf(Error)
    expect(left.length).toBeGreaterThan(65_536)
    expect(() => JSON.parse(`${left}}`)).toThrow(SyntaxError)
  })
})
