import type { JsonObject } from '@lockstep/core'
import { expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createCarryOut } from '../src/obligations/carry-out.ts'
import { knownObligations } from '../src/obligations/known-obligations.ts'
import { obligationsOf } from '../src/obligations/obligations-of.ts'

const OBLIGED = authorizedCall('user:alice', { obligations: [{ name: 'redact_text', value: '', policyId: 'p' }] })
const RESULT: JsonObject = {
  structuredContent: { notes: ['ask anna@example.com', 7], 'jan@example.com': true },
  content: [
    { type: 'text', text: '{"note":"ask anna@example.com"}' },
    { type: 'text', text: 'or call +49 30 901820' },
  ],
}

function carry(detectors: readonly URL[], deadline: number, result: JsonObject = RESULT) {
  const redactText = { detectors, deadline }
  const failed: string[] = []
  const carryOut = createCarryOut({
    ...obligationsOf({ obligations: { redactText } }).carriers,
    endSession: async () => {},
    clock: () => 1,
    ms: 60_000,
    onFailure: (name) => failed.push(name),
  })
  const message = { jsonrpc: '2.0', id: 1, result }
  return { answer: carryOut(OBLIGED, { message, failed: false, withheld: {}, labels: ['pii'] }), failed }
}

test(proves('redaction:obligation:carried-out'), async () => {
  const { message, failed } = await carry([], 60_000).answer
  expect(failed).toBe(false)
  expect(message.result).toEqual({
    structuredContent: { notes: ['ask [email]', 7], '[email]': true },
    content: [
      { type: 'text', text: '{"note":"ask [email]"}' },
      { type: 'text', text: 'or call [phone]' },
    ],
  })
})

test(proves('redaction:obligation:fails'), async () => {
  const hangs = new URL('data:text/javascript,export const detect = () => { for (;;); }')
  const { answer, failed } = carry([hangs], 200)
  const { message, labels } = await answer
  expect(message.result).toBeUndefined()
  expect(JSON.stringify(message)).toContain('execution.obligation-failed')
  expect(JSON.stringify(message)).not.toContain('anna')
  expect([labels, failed]).toEqual([[], ['redact_text']])
})

test(proves('redaction:obligation:configured'), () => {
  expect(knownObligations({ tools: {}, obligations: { redactText: {} } }).redact_text).toEqual({ kind: 'none' })
  expect(knownObligations({ tools: {} }).redact_text).toBeUndefined()
})

test(proves('redaction:obligation:carried-out', 'and not in what is no text'), async () => {
  const data = Buffer.from('mail anna@example.com').toString('base64')
  const blob = 'AKIAIOSFODNN7EXAMPLE'
  const content = [
    { type: 'image', data, mimeType: 'image/png', _meta: { note: 'of anna@example.com' } },
    { type: 'resource', resource: { uri: 'file:///anna@example.com', blob } },
  ]
  const { message } = await carry([], 60_000, { content, structuredContent: { data: 'anna@example.com' } }).answer
  expect(message.result).toMatchObject({
    content: [{ data, _meta: { note: 'of [email]' } }, { resource: { blob, uri: 'file:///[email]' } }],
    structuredContent: { data: '[email]' },
  })
})
