import { type AskRead, createBoundedMemory, LockstepError } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { reading, value } from '../../../../test/fixtures/expense/conditions.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createStatementMemory } from '../src/cache/statement-memory.ts'

beforeAll(loadParser)

const alice = authorizedCall('user:alice')
const carol = authorizedCall('user:carol')
const nobody = authorizedCall('user:nobody')
const BOTH = 'select e.id, d.name from expenses e join departments d on d.id = e.dept_id where e.amount > $1'

const open = (askRead: AskRead = askReadExpenses, remember = {}) =>
  createRewriter({ tables: expenseTables, askRead, remember })

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof LockstepError ? error.message : String(error)
  }
}

describe(proves('execution:values:remembered'), () => {
  test('the second answer is what a rewriter without a memory says', () => {
    const { rewrite } = open()
    for (const call of [alice, carol, nobody, alice, nobody, carol]) {
      expect(rewrite(call, BOTH, [5])).toEqual(open().rewrite(call, BOTH, [5]))
    }
  })

  test('callers of one shape share the text and keep their values', () => {
    const { rewrite } = open()
    const first = rewrite(alice, BOTH, [1])
    const second = rewrite(carol, BOTH, [2])
    expect(second.text).toBe(first.text)
    expect(first.parameters).toEqual([1, 'user:alice', ['42'], ['42'], 'user:alice'])
    expect(second.parameters).toEqual([2, 'user:carol', ['7'], ['7'], 'user:carol'])
    expect(rewrite(nobody, BOTH, [3]).text).not.toBe(first.text)
  })

  test('a column that is hidden for the next caller is not in scope for her', () => {
    const hidesBank: AskRead = (call, entity) => {
      const decision = askReadExpenses(call, entity)
      return call === carol ? { ...decision, condition: reading('row', 'plain', value(true)) } : decision
    }
    const { rewrite } = open(hidesBank)
    expect(rewrite(alice, 'select iban from expenses', []).text).toContain('iban')
    expect(codeOf(() => rewrite(carol, 'select iban from expenses', []))).toContain('execution.column-unknown')
    expect(codeOf(() => rewrite(carol, 'select iban from expenses', []))).toContain('execution.column-unknown')
    expect(rewrite(alice, 'select iban from expenses', []).text).toContain('iban')
  })

  test('a decision that changes during a call counts at once', () => {
    let vendors = true
    const { rewrite } = open((call, entity) => {
      const decision = askReadExpenses(call, entity)
      return vendors ? decision : { ...decision, condition: reading('row', 'plain', value(false)) }
    })
    const before = [1, 2, 3].map(() => rewrite(alice, BOTH, [1]))
    vendors = false
    const after = [1, 2, 3].map(() => rewrite(alice, BOTH, [1]))
    expect(new Set(before.map(({ text }) => text)).size).toBe(1)
    expect(new Set(after.map(({ text }) => text)).size).toBe(1)
    expect(after[0]?.text).toContain('WHERE false')
    expect(after.map(({ parameters }) => parameters)).toEqual([[1], [1], [1]])
  })

  test('several statements of one call are kept apart', () => {
    const stable = new Map<string, ReturnType<AskRead>>()
    const { rewrite } = open((call, entity) => {
      const key = `${call.id} ${entity}`
      const decision = stable.get(key) ?? askReadExpenses(call, entity)
      stable.set(key, decision)
      return decision
    })
    const texts = [BOTH, 'select id from departments where id > $1', 'select id from expenses where amount > $1']
    for (let times = 0; times < 3; times++) {
      for (const call of [alice, carol]) {
        for (const text of texts) expect(rewrite(call, text, [times])).toEqual(open().rewrite(call, text, [times]))
      }
    }
  })

  test('the policy is asked for every statement', () => {
    const askRead = vi.fn(askReadExpenses)
    const { rewrite } = open(askRead)
    for (let times = 1; times <= 3; times++) {
      rewrite(alice, BOTH, [1])
      expect(askRead.mock.calls.length).toBeGreaterThanOrEqual(2 * times)
    }
  })

  test('another number of parameters is refused, before and after', () => {
    const { rewrite } = open()
    expect(codeOf(() => rewrite(alice, BOTH, []))).toContain('execution.statement-invalid')
    rewrite(alice, BOTH, [1])
    expect(codeOf(() => rewrite(alice, BOTH, []))).toContain('execution.statement-invalid')
    expect(codeOf(() => rewrite(alice, BOTH, [1, 2]))).toContain('execution.statement-invalid')
    expect(rewrite(alice, BOTH, [1]).parameters[0]).toBe(1)
  })

  const refused = [
    'select 1; select 2',
    'selec 1',
    'select $2',
    'select current_user',
    'select * from missing',
    'select investigation_note from expenses',
    'select upper(iban) from expenses e join departments d on d.id = e.dept_id',
    'select id from departments for update',
  ]
  test.each(refused)('%s is refused alike each time, by an error of its own', (sql) => {
    const { rewrite } = open()
    const answers = [1, 2, 3].map(() => codeOf(() => rewrite(alice, sql, sql.includes('$2') ? [1] : [])))
    expect(answers[0]).toMatch(/\[execution\./)
    expect(new Set(answers).size).toBe(1)
  })

  test('a policy that cannot be asked says nothing about the text', () => {
    let down = true
    const { rewrite } = open((call, entity) => {
      if (down && entity === 'Department') throw new LockstepError('policy.evaluation-failed')
      return askReadExpenses(call, entity)
    })
    expect(codeOf(() => rewrite(alice, BOTH, [1]))).toContain('policy.evaluation-failed')
    down = false
    expect(rewrite(alice, BOTH, [1])).toEqual(open().rewrite(alice, BOTH, [1]))
    down = true
    expect(codeOf(() => rewrite(alice, BOTH, [1]))).toContain('policy.evaluation-failed')
  })
})

describe(proves('execution:values:bounded'), () => {
  const plan = (text: string) => ({ plan: { text, labels: [], barriers: [], isSteady: false } })
  const known = (memory: ReturnType<typeof createStatementMemory>, texts: readonly string[]) =>
    texts.filter((text) => memory.find(text, 0)).length

  test('by number', () => {
    const memory = createStatementMemory({ entries: 10 })
    const texts = Array.from({ length: 100 }, (_, index) => `select ${index}`)
    for (const text of texts) memory.learn(text, 0, [], plan(text))
    expect(known(memory, texts)).toBeLessThanOrEqual(10)
    expect(known(memory, texts)).toBeGreaterThanOrEqual(5)
  })

  test('by bytes', () => {
    const memory = createStatementMemory({ entries: 1000, bytes: 50_000 })
    const texts = Array.from({ length: 100 }, (_, index) => `select ${index} ${'x'.repeat(1000)}`)
    for (const text of texts) memory.learn(text, 0, [], plan(text))
    expect(known(memory, texts)).toBeLessThanOrEqual(12)
    expect(known(memory, texts)).toBeGreaterThan(0)
    memory.learn('large', 0, [], plan('x'.repeat(50_000)))
    expect(memory.find('large', 0)).toBeUndefined()
  })

  test('refusals do not drive out statements', () => {
    const memory = createStatementMemory({ entries: 16 })
    memory.learn('good', 0, [], plan('good'))
    for (let index = 0; index < 1000; index++) {
      memory.learn(`bad ${index}`, undefined, [], {
        refused: { code: 'execution.statement-invalid', detail: undefined },
      })
    }
    expect(memory.find('good', 0)).toBeDefined()
    expect(memory.find('bad 0', 0)).toBeUndefined()
  })

  test('a value that outgrew the memory is forgotten', () => {
    const memory = createBoundedMemory<string>(10, { most: 100, of: (_, value) => value.length })
    memory.set('a', 'x'.repeat(40))
    expect(memory.get('a')).toBeDefined()
    memory.set('a', 'x'.repeat(60))
    expect(memory.get('a')).toBeUndefined()
  })
})
