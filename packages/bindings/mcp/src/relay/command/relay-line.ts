import type { JsonObject } from '@lockstep/core'
import { takeLine } from '../../stdio/relayed-line.ts'
import type { StdioTransport } from '../../stdio/stdio-transport.ts'
import { messageForUpstream } from '../message-for-upstream.ts'
import type { CommandUpstream } from './open-command.ts'

/**
 * Relays what the guard lets through on one line to a process of its own, until either is over. Resolves once messages are taken.
 *
 * INVARIANT: a message that the guard did not let through is not sent on, whatever transport this is.
 */
export async function relayLine(
  open: (unasked: (notification: JsonObject) => void) => CommandUpstream,
  transport: StdioTransport,
): Promise<CommandUpstream> {
  const upstream = open((notification) => void transport.send(notification))
  const answering = new Set<Promise<void>>()

  transport.onmessage = (message) => {
    const line = takeLine(message)
    if (!line) return
    const sent = messageForUpstream({ ...message } as JsonObject)
    const { id } = sent
    if (typeof id !== 'string') return upstream.tell(sent)
    const report = (notification: JsonObject) => void transport.send(notification, { relatedRequestId: id })
    // INVARIANT: whatever an upstream or the way to it says of a failure stays here.
    const answered = upstream.ask({ ...sent, id }, { over: line.over, report }).then(line.answer, line.fail)
    answering.add(answered)
    void answered.finally(() => answering.delete(answered))
  }
  transport.onclose = () => void upstream.close()
  // A client cannot go on with a server that has forgotten what it said. It is answered before it is told.
  upstream.over.addEventListener('abort', () => void Promise.all(answering).then(() => transport.close()))
  await transport.start()
  return upstream
}
