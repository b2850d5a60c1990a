import { planOutput, release } from '@lockstep/execution/egress'

const ROWS = 1_000
const call = {
  obligations: [],
  facts: { entities: [], revision: '1' },
}

/** Twenty columns: an id, three that policies decide on, two that are masked, and texts and numbers. */
function tableOf(mask) {
  const columns = Object.fromEntries(
    Array.from({ length: 14 }, (_, n) => [`column_${n}`, { type: n % 2 ? 'text' : 'integer' }]),
  )
  return {
    entity: 'Expense',
    key: 'id',
    columns: {
      id: { type: 'text' },
      dept_id: { type: 'integer', attribute: 'dept', entity: 'Department' },
      employee_id: { type: 'text', attribute: 'employee', entity: 'User' },
      amount: { type: 'bigint', attribute: 'amount' },
      iban: { type: 'text', class: 'bank', mask },
      salary: { type: 'integer', class: 'pay' },
      ...columns,
    },
  }
}

const rows = Array.from({ length: ROWS }, (_, n) => ({
  id: `INV-${n}`,
  dept_id: n % 7,
  employee_id: `user:${n % 97}`,
  amount: n * 13,
  iban: `DE021203000000${String(n).padStart(8, '0')}`,
  salary: 50_000 + n,
  ...Object.fromEntries(
    Array.from({ length: 14 }, (_, i) => [`column_${i}`, i % 2 ? `some text of row ${n} and column ${i}` : n * i]),
  ),
}))

const get = (attribute) => ({ op: 'get', of: { op: 'unknown', name: 'resource' }, attribute })
const is = (left, value) => ({ op: 'equal', left, right: { op: 'value', value } })
const both = (left, right) => ({ op: 'and', left, right })
const either = (left, right) => ({ op: 'or', left, right })
const asked = (field, form) =>
  both(is({ op: 'unknown', name: 'context.field' }, field), is({ op: 'unknown', name: 'context.form' }, form))
const department = (id) => is(get('dept'), { entity: { type: 'Department', id: String(id) } })
const own = is(get('employee'), { entity: { type: 'User', id: 'user:5' } })
const managed = [0, 1, 2, 3, 4, 5, 6].map(department).reduce(either)
/** Everybody's rows are managed, one person's are their own: the IBAN is masked in nearly all, and the salary hidden. */
const condition = either(
  both(asked('row', 'plain'), either(managed, own)),
  either(both(asked('bank', 'plain'), own), both(asked('bank', 'masked'), managed)),
)

/** Prepares the release of 1,000 rows of 20 fields, and says what leaves. */
export function prepareRelease({ mask, masks, outputSchema, permits = [] }) {
  const tables = { 'public.expenses': tableOf(mask) }
  const declared = outputSchema ? { outputSchema: schemaOf() } : { output: { rows: { entity: 'Expense' } } }
  const plan = planOutput('tool', declared, { tables, masks })
  const decision = { condition: permits.reduce(either, condition), policies: [], policyVersion: '1' }
  const options = { askRead: () => decision, isFinalRow: () => false }
  // What a server answers was parsed from JSON.
  const result = JSON.parse(JSON.stringify({ structuredContent: { rows }, content: [] }))
  return { rows: result.structuredContent, release: () => release(call, result, plan, options).result }
}

/** What every row has another value in. */
export const eachTold = both(asked('row', 'plain'), {
  op: 'less',
  left: get('amount'),
  right: { op: 'value', value: 0 },
})

/** The salary masked, which is to null: then all of a row's fields leave. */
export const maskedSalary = both(asked('pay', 'masked'), managed)

/** A tool's output schema over the same rows, whose fields are called otherwise than columns where that may be. */
function schemaOf() {
  const types = { integer: 'integer', bigint: 'integer', text: 'string' }
  const properties = Object.fromEntries(
    Object.entries(tableOf({ kind: 'null' }).columns).map(([name, { type }]) => [
      name,
      { type: [types[type], 'null'], 'x-lockstep': { column: name } },
    ]),
  )
  return {
    type: 'object',
    properties: { rows: { type: 'array', items: { type: 'object', 'x-lockstep': { entity: 'Expense' }, properties } } },
  }
}

/** Milliseconds of the processor that this process has used, its collector's included: what else the machine does is not in it. */
function spent() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const stringify = JSON.stringify
let serializing = 0
/**
 * JSON.stringify, with what it costs until the text lies flat in memory, as it must to be sent: V8 puts that off until somebody looks at the text, which
 * a release does first of all.
 */
function timedStringify(value) {
  const began = spent()
  const text = stringify(value)
  Buffer.byteLength(text)
  serializing += spent() - began
  return text
}

/** Milliseconds that a release takes, without the text that it makes. */
export function releasing(release) {
  JSON.stringify = timedStringify
  serializing = 0
  const began = spent()
  release()
  const took = spent() - began - serializing
  JSON.stringify = stringify
  return took
}

/** Milliseconds that something takes. */
export function taking(work) {
  const began = spent()
  work()
  return spent() - began
}

/**
 * Medians of several measures, in milliseconds, taken in turns: other work on the machine then falls on all of them alike.
 *
 * @param measures each returns the milliseconds of one time, by name
 */
export function medians(measures, { rounds = 100, warm = 30 } = {}) {
  const taken = Object.fromEntries(Object.keys(measures).map((name) => [name, []]))
  for (let round = 0; round < rounds + warm; round += 1) {
    for (const [name, measure] of Object.entries(measures)) {
      const took = measure()
      if (round >= warm) taken[name].push(took)
    }
  }
  const median = (all) => all.sort((one, other) => one - other)[all.length >> 1]
  return Object.fromEntries(Object.entries(taken).map(([name, all]) => [name, median(all)]))
}
