import type { JsonObject, OwnObligation } from '@lockstep/core'
import { expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { type CarryOutOptions, createCarryOut } from '../src/obligations/carry-out.ts'

const RESULT: JsonObject = { structuredContent: { a: 1 }, content: [{ type: 'text', text: '{"a":1}' }] }
const call = (...obligations: readonly (readonly [string, string])[]) =>
  authorizedCall('user:alice', { obligations: obligations.map(([name, value]) => ({ name, value, policyId: 'p' })) })

function house(options: Partial<CarryOutOptions> = {}) {
  const seen: string[] = []
  const carryOut = createCarryOut({
    keepNotice: async ({ topic, subject, policies }) => void seen.push(`kept ${topic} of ${subject.id} by ${policies}`),
    endSession: async ({ caller }) => seen.push(`ended ${caller.subject.id}`),
    onFailure: (name) => seen.push(`failed ${name}`),
    clock: () => 1,
    ms: 20,
    ...options,
  })
  const carry = (obliged: ReturnType<typeof call>, message: JsonObject = { jsonrpc: '2.0', id: 1, result: RESULT }) =>
    carryOut(obliged, { message, failed: false, withheld: { rows: 1 }, labels: ['confidential'] })
  return { carry, announce: carryOut.announce, seen }
}
const own = (apply: OwnObligation['apply']): Readonly<Record<string, OwnObligation>> => ({
  stamp: { value: { kind: 'text' }, apply },
})

test(proves('egress:obligation:carried-out'), async () => {
  const { carry, seen } = house({
    own: own((result, { values }) => ({ ...result, structuredContent: { stamped: values.join('+') } })),
  })
  const obliged = call(
    ['watermark', 'Secret'],
    ['notify', 'b'],
    ['notify', 'a'],
    ['terminate_session', ''],
    ['stamp', 'x'],
  )
  expect(await carry(obliged)).toEqual({
    message: {
      jsonrpc: '2.0',
      id: 1,
      result: {
        structuredContent: { stamped: 'x' },
        content: [
          { type: 'text', text: '{"a":1}' },
          { type: 'text', text: `Secret [call ${obliged.id}]` },
        ],
        _meta: { 'lockstep/watermark': ['Secret'] },
      },
    },
    failed: false,
    withheld: { rows: 1 },
    labels: ['confidential'],
  })
  expect(seen).toEqual(['kept a of user:alice by p', 'kept b of user:alice by p', 'ended user:alice'])
  const error = { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'x' } }
  expect((await carry(call(['notify', 'a'], ['watermark', 'x'], ['stamp', 'x']), error)).message).toEqual(error)
  expect(seen).toHaveLength(4)
})

const failures: Record<string, [Partial<CarryOutOptions>, failed: string]> = {
  'that throws': [
    {
      own: own(() => {
        throw new Error('CANARY')
      }),
    },
    'stamp',
  ],
  'that rejects': [{ own: own(() => Promise.reject(new Error('CANARY'))) }, 'stamp'],
  'that hangs': [{ own: own(() => new Promise(() => undefined)) }, 'stamp'],
  'that makes no object': [{ own: own(() => JSON.parse('[]')) }, 'stamp'],
  'to tell what is not kept': [{ keepNotice: () => Promise.reject(new Error('CANARY')) }, 'notify'],
  'to tell what is never kept': [{ keepNotice: () => new Promise(() => undefined) }, 'notify'],
  'to tell nobody': [{ keepNotice: undefined }, 'notify'],
  'to end a session': [{ endSession: () => Promise.reject(new Error('CANARY')) }, 'terminate_session'],
}
test.each(Object.entries(failures))(proves('egress:obligation:failed', 'one %s'), async (_name, [options, failed]) => {
  const { carry, seen } = house({ own: own((result) => result), ...options })
  const left = await carry(call(['stamp', 'x'], ['notify', 'a'], ['terminate_session', '']))
  expect(left).toMatchObject({ failed: true, code: 'execution.obligation-failed', labels: [], withheld: { rows: 1 } })
  expect(left.message).toMatchObject({ id: 1, error: { data: { code: 'execution.obligation-failed' } } })
  expect(left.message).not.toHaveProperty('result')
  expect(JSON.stringify(left)).not.toMatch(/CANARY|"a":1/)
  const carried = ['kept a of user:alice by p', 'ended user:alice'].filter(
    (one) => !one.startsWith({ notify: 'kept', terminate_session: 'ended' }[failed] ?? '-'),
  )
  expect(seen.filter((one) => !one.startsWith('failed'))).toEqual(carried)
  expect(seen).toContain(`failed ${failed}`)
})

test(proves('egress:obligation:announced'), async () => {
  const { announce, seen } = house()
  await announce(call(['notify', 'a'], ['watermark', 'x'], ['redact_text', '']))
  expect(seen).toEqual(['kept a of user:alice by p'])
  // Whoever hears of the revocation when: nothing of the answer is for anybody any more.
  await expect(announce(call(['terminate_session', ''], ['notify', 'b']))).rejects.toMatchObject({
    code: 'gateway.token-revoked',
  })
  expect(seen.slice(1)).toEqual(['kept b of user:alice by p', 'ended user:alice'])
})

test.each([
  ['throws', () => Promise.reject(new Error('CANARY'))],
  ['hangs', () => new Promise<void>(() => undefined)],
])(proves('egress:obligation:announced', 'and not where keeping it %s'), async (_, keepNotice) => {
  const { announce, seen } = house({ keepNotice })
  await expect(announce(call(['notify', 'a'], ['terminate_session', '']))).rejects.toMatchObject({
    code: 'execution.obligation-failed',
  })
  expect(seen).toEqual(['failed notify', 'ended user:alice'])
})
