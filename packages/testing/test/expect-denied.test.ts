import { AssertionError } from 'node:assert'
import { LockstepError } from '@lockstep/core'
import { expectDenied } from '@lockstep/testing'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const CODE = 'invocation.denied'
const message = { jsonrpc: '2.0', id: 1, error: { code: 403, message: 'no', data: { code: CODE } } }
const answer = (text: string) => new Response(text, { status: 403 })

const denials: [string, () => unknown][] = [
  ['an outcome', () => ({ ok: false, denial: { code: CODE } })],
  ['a promise of one', async () => ({ ok: false, denial: { code: CODE } })],
  ['a thrown LockstepError', () => Promise.reject(new LockstepError(CODE))],
  ["an MCP client's error", () => Promise.reject(Object.assign(new Error('no'), { code: 403, data: { code: CODE } }))],
  ['a response', () => answer(JSON.stringify(message))],
  ['an event stream', () => answer(`event: message\ndata: ${JSON.stringify(message)}\n\n`)],
  ["supertest's response", () => ({ status: 403, body: message })],
]

describe('denials', () => {
  test.each(denials)(proves('gateway:testing:expect-denied', '%s'), async (_, make) => {
    await expectDenied(make(), CODE)
    await expect(expectDenied(make(), 'gateway.origin')).rejects.toThrow(
      'expected `gateway.origin`, got `invocation.denied`',
    )
  })
})

test.each<[string, () => unknown]>([
  ['a permitted outcome', () => ({ ok: true, value: { code: CODE } })],
  ['a result', () => answer('{"jsonrpc":"2.0","id":1,"result":{"code":"invocation.denied"}}')],
  ['a page', () => answer('<html>invocation.denied</html>')],
  ['another error', () => Promise.reject(new Error(CODE))],
  ['nothing', () => undefined],
])(proves('gateway:testing:expect-denied', 'not by %s'), async (_, make) => {
  await expect(expectDenied(make(), CODE)).rejects.toThrow(AssertionError)
})
