import { readBounded } from './read-bounded.ts'

/** What is longer is passed on as it comes: then a break in its middle is for the reader to find. */
const MOST_BYTES = 4 * 1_048_576

/**
 * Reads a JSON answer to its end, so that a connection that breaks in the middle is found while the answer can still be asked for again.
 * Other answers, event streams among them, are left as they are. Rejects as reading the body does.
 */
export async function readWhole(response: Response): Promise<Response> {
  const { status, statusText, headers, body } = response
  if (!body || !/^application\/json\b/i.test(headers.get('content-type') ?? '')) return response
  const read = await readBounded(body, MOST_BYTES)
  return new Response('bytes' in read ? Buffer.from(read.bytes) : read.stream, { status, statusText, headers })
}
