import type { IncomingMessage } from 'node:http'
import { type JsonObject, LockstepError } from '@lockstep/core'
import type { Exchange } from '../exchange.ts'

/** A request that the guard let through, as a relay sends it on. */
export interface RelayedRequest {
  readonly exchange: Exchange
  /** What was decided on, under an id of ours; absent for the streams and the ends of sessions. */
  readonly message: JsonObject | undefined
  /** Aborts once nothing that comes is sent any more: the answer was replaced, cut off, or its caller is gone for good. */
  readonly over: AbortSignal
  /** Answers in the upstream's place with the code of this error. What was already sent is cut off. */
  fail(error: unknown): void
}

const passed = new WeakMap<IncomingMessage, RelayedRequest | 'taken'>()

/** Says that the guard let this request through. */
export function passToRelay(request: IncomingMessage, relayed: RelayedRequest): void {
  passed.set(request, relayed)
}

/**
 * Takes what the guard let through; `undefined` for a request that it did not see.
 *
 * INVARIANT: taken once. One decision sends one message, however often a handler relays.
 *
 * @throws LockstepError `invocation.call-closed` for a request that was taken before
 */
export function takeRelayed(request: IncomingMessage): RelayedRequest | undefined {
  const relayed = passed.get(request)
  if (relayed === 'taken') throw new LockstepError('invocation.call-closed')
  if (relayed) passed.set(request, 'taken')
  return relayed
}
