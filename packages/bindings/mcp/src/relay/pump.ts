import type { ServerResponse } from 'node:http'
import { untilDrained } from '../streamed/until-drained.ts'

/**
 * Writes what comes from a source to a response, and reads no faster than the client does. A client that is gone is not waited for: the answer
 * is still read to its end, so that what became of the call is known, until `over`.
 */
export async function pump(
  source: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  over: AbortSignal,
): Promise<void> {
  for await (const chunk of source) {
    if (over.aborted) return
    if (!response.write(chunk)) await untilDrained(response, over)
  }
}
