import { type JsonObject, LockstepError } from '@lockstep/core'
import { beginStreamed } from '@lockstep/execution/egress'
import { expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createStreamAnswer } from '../src/streamed/stream-answer.ts'

const plan = { text: 'public' } as const
const call = authorizedCall('user:alice')
const options = {
  askRead: () => {
    throw new Error('nobody asks')
  },
  isFinalRow: () => false,
  raise: async () => undefined,
  most: 1_000_000,
}

/** Streams a message of a server; tells what happened, in order. */
async function streamed(message: JsonObject, announce: () => Promise<void>) {
  const seen: string[] = []
  const stream = createStreamAnswer({
    id: 1,
    begin: (output) => ({
      ...beginStreamed(call, plan, options, output),
      async announce() {
        seen.push('announced')
        await announce()
      },
    }),
    answered: () => void seen.push('answered'),
    conclude: async ({ failed, error, detail }) => {
      seen.push(
        `${failed ? 'failed' : 'completed'}${error ? ` ${error.code}` : ''}${detail.truncated ? ' truncated' : ''}`,
      )
    },
  })
  const pieces = JSON.stringify(message).match(/.{1,70000}/g) ?? []
  const write = async () => void (seen.at(-1) !== 'wrote' && seen.push('wrote'))
  const ended = stream(async () => pieces.shift(), { write }, 's-1')
  return {
    seen,
    ended: await ended.then(String, (error: unknown) => (error instanceof LockstepError ? error.code : 'x')),
  }
}
const answer = (id: string) => ({
  jsonrpc: '2.0',
  id,
  result: { content: [{ type: 'text', text: 'x '.repeat(90_000) }] },
})

test(proves('egress:obligation:announced', 'before the first byte'), async () => {
  const { seen, ended } = await streamed(answer('s-1'), async () => undefined)
  expect(ended).toBe('true')
  expect(seen).toEqual(['answered', 'announced', 'wrote', 'completed', 'wrote'])
  const failed = await streamed(
    { jsonrpc: '2.0', id: 's-1', error: { code: 1, message: 'CANARY' } },
    async () => undefined,
  )
  expect(failed.seen.slice(0, 2)).toEqual(['answered', 'announced'])
})

test.each(['execution.obligation-failed', 'gateway.token-revoked'] as const)(
  proves('egress:obligation:announced', 'or nothing leaves: %s'),
  async (code) => {
    const { seen, ended } = await streamed(answer('s-1'), () => Promise.reject(new LockstepError(code)))
    expect(ended).toBe(code)
    expect(seen).toEqual(['answered', 'announced', `failed ${code}`])
  },
)

test(proves('egress:obligation:announced', 'and not of what is no answer'), async () => {
  const { seen, ended } = await streamed(answer('s-2'), async () => undefined)
  expect([seen, ended]).toEqual([[], 'false'])
})
