import type { AuthorizedCall } from '@lockstep/core'
import { expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createRelease, type ReleaseResult } from '../src/release.ts'

const call: AuthorizedCall = authorizedCall('user:alice')
const releaseResult: ReleaseResult = () => ({
  result: { structuredContent: { shown: 'yes' }, content: [] },
  withheld: { rows: 2, fields: ['a'], masked: ['b'] },
  labels: ['confidential'],
})
const release = createRelease(releaseResult, async (_call, released) => released)

test(proves('edge:error-text', 'of the protocol'), async () => {
  const error = { code: -32602, message: 'CANARY', data: { row: 'CANARY' } }
  const released = await release(call, { jsonrpc: '2.0', id: 7, error, hint: 'CANARY' }, 'enforce')
  expect(released).toMatchObject({ failed: true, labels: [] })
  expect(released.message).toMatchObject({
    id: 7,
    error: { code: -32602, data: { code: 'invocation.handler-failed' } },
  })
  expect(JSON.stringify(released)).not.toContain('CANARY')
  const strange = await release(call, { id: 7, error: { code: 'CANARY' } }, 'enforce')
  expect(strange.message).toMatchObject({ jsonrpc: '2.0', error: { code: -32603 } })
  expect(JSON.stringify(await release(call, { id: 7, result: 'CANARY' }, 'enforce'))).not.toContain('CANARY')
})

test(proves('edge:withheld', 'whatever stands beside it'), async () => {
  const outbound = {
    jsonrpc: '2.0',
    id: 7,
    result: { structuredContent: { hidden: 1 }, _meta: {}, resultType: 'complete' },
  }
  expect(await release(call, outbound, 'enforce')).toEqual({
    message: {
      jsonrpc: '2.0',
      id: 7,
      result: { resultType: 'complete', structuredContent: { shown: 'yes' }, content: [] },
    },
    failed: false,
    withheld: { rows: 2, fields: ['a'], masked: ['b'] },
    labels: ['confidential'],
  })
  const { message } = await release(call, outbound, 'observe')
  expect(message, 'only observed').toBe(outbound)
})
