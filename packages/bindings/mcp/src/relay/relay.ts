import type { IncomingMessage, ServerResponse } from 'node:http'
import { LockstepError } from '@lockstep/core'
import { type RelayedRequest, takeRelayed } from './relayed-request.ts'

/**
 * Handles what the guard let through by asking a server that is not changed for it. Mounted behind `mcpAuth()`; on plain Node it is what
 * `lockstep.http` runs. A request that did not come through the guard is answered with `invocation.unguarded`, and nothing is sent on; one that was relayed before rejects
 * with `invocation.call-closed`.
 */
export interface Relay {
  (request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Ends what the relay keeps open: processes, sessions. */
  close(): Promise<void>
}

/** Sends one request on and writes what comes back to the guarded response. Rejects with LockstepError, whose code is the answer then. */
export type SendOn = (request: IncomingMessage, response: ServerResponse, relayed: RelayedRequest) => Promise<void>

/** Creates a relay over a way to send requests on. */
export function createRelay(sendOn: SendOn, close: () => Promise<void>): Relay {
  const relay = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const relayed = takeRelayed(request)
    if (!relayed) {
      const { message } = new LockstepError('invocation.unguarded')
      response.writeHead(500, { 'content-type': 'application/json' })
      return void response.end(JSON.stringify({ error: message }))
    }
    // What was decided on is at hand. A body that nobody reads would keep Node from seeing that the client hangs up.
    request.resume()
    // INVARIANT: whatever an upstream or the way to it says of a failure stays here.
    await sendOn(request, response, relayed).catch(relayed.fail)
  }
  return Object.assign(relay, { close })
}
