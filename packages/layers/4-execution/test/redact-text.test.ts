import { afterAll, expect, test } from 'vitest'
import { createCorpus } from '../../../../test/bench/detectors/corpus.mjs'
import { scoreCorpus } from '../../../../test/bench/detectors/score.mjs'
import { proves } from '../../../../test/requirements/index.ts'
import { createTextRedactor } from '../src/egress/index.ts'

const redactor = createTextRedactor({ deadline: 60_000 })
afterAll(() => redactor.close())

const REFUSED = expect.objectContaining({ code: 'execution.obligation-failed' })
const TOKEN = 'xoxb-085531063055-684703728701-rCx7U40mdlbMI6oClkJJ7QAe'
const moduleOf = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`)

test(proves('redaction:text:corpus'), async () => {
  const corpus = createCorpus({ seed: 7, count: 4 })
  const { recall, precision } = await scoreCorpus(corpus, (texts) => redactor.redact(texts))
  expect(recall).toBeGreaterThanOrEqual(0.98)
  expect(precision).toBeGreaterThanOrEqual(0.98)
})

test(proves('redaction:text:kinds'), async () => {
  const texts = [`mail anna@example.com, token ${TOKEN}`, 'nothing', 'mail jan@example.com']
  expect(await redactor.redact(texts)).toEqual({
    texts: ['mail [email], token [slack-token]', 'nothing', 'mail [email]'],
    found: { email: 2, 'slack-token': 1 },
  })
  const chosen = createTextRedactor({ kinds: ['email'], deadline: 60_000 })
  expect((await chosen.redact(texts)).texts[0]).toBe(`mail [email], token ${TOKEN}`)
  await chosen.close()
})

test(proves('redaction:text:hidden'), async () => {
  const [text] = (await redactor.redact([`${TOKEN.slice(0, 20)}\u200b\u001b[0m${TOKEN.slice(20)}`])).texts
  expect(text).toBe('[slack-token]')
})

test(proves('redaction:text:comments'), async () => {
  const text = `// secretlint-disable\nsk-ant-api03-${'a1B2'.repeat(23)}aAA\n// secretlint-enable`
  expect((await redactor.redact([text])).found).toEqual({ 'api-key': 1 })
})

test(proves('redaction:text:own'), async () => {
  const detect = `export const detect = (text) => [...text.matchAll(/PAT-[0-9]+/g)].map((m) => ({ kind: 'patient', start: m.index, end: m.index + m[0].length }))`
  const own = createTextRedactor({ detectors: [moduleOf(detect)], deadline: 60_000 })
  expect(await own.redact(['for PAT-123.'])).toEqual({ texts: ['for [patient].'], found: { patient: 1 } })
  await own.close()
})

test.each([
  ['hangs', 'export const detect = () => { for (;;); }'],
  ['never answers', 'export const detect = () => new Promise(() => {})'],
  ['throws', "export const detect = () => { throw new Error('secret') }"],
  ['answers with something else', "export const detect = () => [{ kind: 'a', start: 0, end: 1e9 }]"],
  ['gives a kind that is a text', 'export const detect = (text) => [{ kind: text, start: 0, end: 1 }]'],
  ['ends its thread', 'export const detect = () => process.exit(0)'],
  ['is none', 'export const found = 1'],
])(proves('redaction:text:fails', 'a detector that %s'), async (_, code) => {
  const failing = createTextRedactor({ detectors: [moduleOf(code)], deadline: 300 })
  await expect(failing.redact(['Some text'])).rejects.toEqual(REFUSED)
  await failing.close()
})

test(proves('redaction:text:recovers'), async () => {
  const code = "export const detect = (text) => { if (text === 'loop') for (;;); return [] }"
  const once = createTextRedactor({ detectors: [moduleOf(code)], deadline: 500 })
  const [hung, next] = await Promise.allSettled([once.redact(['loop']), once.redact(['fine'])])
  expect(hung).toEqual({ status: 'rejected', reason: REFUSED })
  expect(next).toEqual({ status: 'fulfilled', value: { texts: ['fine'], found: {} } })
  await once.close()
  await expect(once.redact(['fine'])).rejects.toEqual(REFUSED)
})

test(proves('redaction:text:bounds'), async () => {
  const small = createTextRedactor({ mostCharacters: 10 })
  await expect(small.redact(['12345', '678901'])).rejects.toEqual(REFUSED)
  await small.close()
})

test(proves('redaction:text:linear'), async () => {
  const parts = [
    'a',
    'a@',
    'a.',
    "a'",
    'eyJ',
    'a_',
    '1 ',
    '+1 ',
    '-----BEGIN PRIVATE KEY-----',
    'password=',
    'x://a:',
    'DE00 ',
    'Bearer ',
    'sk-',
    'AKIA',
  ]
  for (const part of parts) await redactor.redact([part.repeat(100_000 / part.length)])
})
