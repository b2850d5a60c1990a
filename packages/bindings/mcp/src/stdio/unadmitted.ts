import { randomUUID } from 'node:crypto'
import type { JsonObject } from '@lockstep/core'
import type { InboundMessage } from '../message.ts'
import type { Inbound } from '../pipeline.ts'

/** A message of nobody, where the gateway only observes: the server has it under an id of ours, and what it answers leaves as it is. */
export function unadmitted(message: InboundMessage, trace: string): Extract<Inbound, { kind: 'forward' }> {
  const id = randomUUID()
  return {
    kind: 'forward',
    exchange: { trace, mode: 'observe' },
    message: message.kind === 'request' ? { ...message.wire, id } : message.wire,
    release: async (outbound: JsonObject) => (outbound.id === id ? { ...outbound, id: message.id } : outbound),
    unanswered: async () => undefined,
    close: () => undefined,
  }
}
