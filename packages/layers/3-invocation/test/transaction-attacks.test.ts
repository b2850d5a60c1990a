import { readFileSync } from 'node:fs'
import { CODES } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { elsewhere, transactionAttacks } from './transaction-attacks.ts'

const corpus = new URL('../../../../test/fixtures/cases/token-attacks.jsonl', import.meta.url)
const cases = readFileSync(corpus, 'utf8')
  .trim()
  .split('\n')
  .map((line): { id: string; area: string; case: string } => JSON.parse(line))
  .filter(({ area }) => area === 'Transaction token and parameters')

const attempts = cases.flatMap(({ id, case: text }) =>
  (transactionAttacks[id] ?? []).map((attack) => ({ id, text, ...attack })),
)

test.each(attempts)(proves('invocation:txn-token:attack', '$id, $says'), async ({ play, expect: expected }) => {
  expect(await play()).toBe(expected)
})

test(proves('invocation:txn-token:attack', 'the answer X is a 403 without a challenge'), () => {
  const refused = attempts.filter(({ text, expect: code }) => / X\b/.test(text) && code !== 'OK')
  expect(refused.length).toBeGreaterThan(15)
  for (const { id, expect: code } of refused) {
    const entry = Object.entries(CODES).find(([name]) => name === code)?.[1]
    expect(entry, id).toMatchObject({ layer: 'invocation', status: 403 })
  }
})

test(proves('invocation:txn-token:attacks-covered'), () => {
  const judged = [...Object.keys(transactionAttacks), ...Object.keys(elsewhere)]
  expect(judged.sort()).toEqual(cases.map(({ id }) => id).sort())
})
