import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createExchangeContext, type Exchange } from '../src/exchange.ts'
import { followRequests } from '../src/stdio/follow-requests.ts'

interface Transport {
  onmessage?: (message: object) => void
}

test(proves('stdio:queued', 'each in its own exchange'), async () => {
  const context = createExchangeContext()
  const seen: unknown[] = []
  const transport: Transport = {}
  const server = {
    async connect(given: Transport) {
      given.onmessage = (message) => void seen.push([Reflect.get(message, 'id'), context.current()?.trace])
    },
  }
  followRequests(context, server)
  await server.connect(transport)
  const [one, two]: readonly Exchange[] = [
    { trace: 'one', mode: 'enforce' },
    { trace: 'two', mode: 'enforce' },
  ]
  const leave = context.name('1', one as Exchange)
  context.name('2', two as Exchange)
  // Whoever empties the queue runs as whoever filled it first.
  context.run(one as Exchange, () => {
    transport.onmessage?.({ id: '1' })
    transport.onmessage?.({ id: '2' })
  })
  leave()
  for (const id of ['1', 3, undefined]) transport.onmessage?.({ id })
  expect(seen).toEqual([
    ['1', 'one'],
    ['2', 'two'],
    ['1', undefined],
    [3, undefined],
    [undefined, undefined],
  ])
})
