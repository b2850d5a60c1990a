import { type ObligationRegistry, obligationMistake, uniteObligations } from '@lockstep/core'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const registry: ObligationRegistry = uniteObligations(
  { limit: { kind: 'integer', atLeast: 1, atMost: 100 }, skew: { kind: 'integer' }, notify: { kind: 'none' } },
  { form: { kind: 'oneOf', values: ['masked', 'plain'] }, redact: { kind: 'names' }, reason: { kind: 'text' } },
)

describe(proves('policy:obligations:values'), () => {
  test.each([
    ['limit', '1'],
    ['limit', '100'],
    ['skew', '-7'],
    ['skew', '0'],
    ['notify', ''],
    ['notify', null],
    ['form', 'masked'],
    ['redact', 'iban'],
    ['redact', 'iban, name'],
    ['reason', 'audit 7'],
  ])('@%s("%s") fits', (name, value) => expect(obligationMistake(registry, name, value)).toBeUndefined())

  test.each([
    ['limit', '0', /an integer from 1 to 100, as `@limit\("1"\)`/],
    ['limit', '101', /from 1 to 100/],
    ['limit', 'many', /an integer/],
    ['limit', '07', /an integer/],
    ['limit', '1e1', /an integer/],
    ['limit', ' 5', /an integer/],
    ['limit', null, /an integer/],
    ['skew', '9007199254740993', /an integer, as/],
    ['skew', '-0', /an integer/],
    ['notify', 'x', /takes no value/],
    ['form', 'Masked', /takes one of `"masked"`, `"plain"`/],
    ['redact', '', /takes names/],
    ['redact', 'a,,b', /takes names/],
    ['redact', 'a,a', /each once/],
    ['reason', ' ', /takes a text/],
  ])('@%s("%s") does not', (name, value, says) => expect(obligationMistake(registry, name, value)).toMatch(says))
})

test.each([
  ['limti', 'limit'],
  ['lmit', 'limit'],
  ['limits', 'limit'],
  ['ntoify', 'notify'],
  ['redcat', 'redact'],
  ['ID', undefined],
  ['i', 'id'],
  ['constructor', undefined],
  ['__proto__', undefined],
  ['x'.repeat(100_000), undefined],
])(proves('policy:obligations:nearest', '%s'), (name, nearest) => {
  const says = obligationMistake(registry, name, '1')
  expect(says).toMatch(/^unknown annotation/)
  const found = /did you mean `@(\w+)`/.exec(says ?? '')?.[1]
  expect(found).toBe(nearest)
  expect(says?.length).toBeLessThan(300)
})

test.each<[string, () => unknown]>([
  ['the name of no annotation', () => uniteObligations({ 'a-b': { kind: 'none' } })],
  ['`id`', () => uniteObligations({ id: { kind: 'none' } })],
  ['a name that another part claims', () => uniteObligations({ a: { kind: 'none' } }, { a: { kind: 'text' } })],
  ['a value of unknown kind', () => uniteObligations({ a: JSON.parse('{"kind":"number"}') })],
  ['names alone', () => uniteObligations(JSON.parse('["limit"]'))],
])(proves('policy:obligations:registered', '%s'), (_name, unite) => expect(unite).toThrow(TypeError))
