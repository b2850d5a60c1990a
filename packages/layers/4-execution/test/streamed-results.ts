import type { AuthorizedCall, JsonObject, JsonValue, Obligation } from '@lockstep/core'
import {
  beginStreamed,
  createJsonCursor,
  obligeRead,
  planOutput,
  type ThreadedRedactor,
} from '@lockstep/execution/egress'
import fc from 'fast-check'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'

/** Who calls. */
export const alice = authorizedCall('user:alice')
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

/** What results are released with. */
export const options = { askRead: obligeRead(askReadExpenses), isFinalRow: () => false }
/** The call, obliged so. */
export const callWith = (limit: number | undefined, others: readonly Obligation[] = []): AuthorizedCall => ({
  ...alice,
  obligations: [...(limit === undefined ? [] : [{ name: 'limit', value: String(limit), policyId: 'p' }]), ...others],
})
export const planOf = (text: string | undefined) =>
  planOutput('tool', { outputSchema: schema(text) }, { tables: expenseTables })

/** How a result is released. */
export interface Given {
  readonly text?: string | undefined
  readonly limit?: number | undefined
  readonly most?: number
  readonly obligations?: readonly Obligation[]
  readonly redactor?: ThreadedRedactor
}

/** Releases a result that comes in these pieces. */
export async function streamed(
  pieces: readonly string[],
  { text, limit, most = 100_000, obligations, redactor }: Given = {},
) {
  const left: Buffer[] = []
  const raised: { readonly label: string; readonly after: number }[] = []
  const length = () => left.reduce((sum, piece) => sum + piece.length, 0)
  const streaming = beginStreamed(
    callWith(limit, obligations),
    planOf(text),
    {
      ...options,
      raise: async (labels) => void raised.push(...labels.map((label) => ({ label, after: length() }))),
      most,
      wholeBlock: 64,
      redactor,
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

/** A record that alice may read. */
export const MINE = {
  id: 'INV-2',
  dept_id: 42,
  employee_id: 'user:alice',
  confidential: false,
  iban: 'DE02500105170137075030',
}
/** Secrets, some of which are spelled with escapes in JSON. */
const SECRETS = ['ask anna.berg@example.com', 'é é@example.com 😀', 'password=hunter22aa', '+49 30 901820 "x"']
const ANY_TEXT = fc.oneof(
  fc.string(),
  { weight: 3, arbitrary: fc.constantFrom(...SECRETS) },
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
/** A result, whom its text is for, how many rows may leave, where it is divided, and whether its text is escaped. */
export const GIVEN = [
  RESULT,
  fc.constantFrom(undefined, 'json', 'public'),
  fc.option(fc.nat(4), { nil: undefined }),
  fc.array(fc.nat(10_000), { maxLength: 40 }),
  fc.boolean(),
] as const
/** The same text with every character escaped that a writer may escape, by chance. */
export const written = (value: unknown, isEscaped: boolean) =>
  isEscaped
    ? JSON.stringify(value).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : JSON.stringify(value)

/** A text in pieces. */
export function divided(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((one, other) => one - other)
  return [...places, text.length]
    .map((place, n) => text.slice(places[n - 1] ?? 0, place))
    .filter((piece) => piece !== '')
}
