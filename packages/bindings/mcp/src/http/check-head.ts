import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '@lockstep/core'

/** Node drops headers beyond its own count without a word; ours is lower, so none is dropped unseen. */
const MOST_HEADERS = 128

/** Characters of what is parsed as a credential. A real one has at most half of that. */
const LONGEST: Readonly<Record<string, number>> = { authorization: 12_288, dpop: 8_192, 'txn-token': 8_192 }

/**
 * Why the head of a request is not read at all: `gateway.headers-too-large` beyond the bounds of all headers together,
 * `gateway.credentials-malformed` for one credential beyond its own. No credential is parsed before.
 */
export function checkHead({ rawHeaders }: IncomingMessage, maxBytes: number): ErrorCode | undefined {
  // attacker-controlled: everything here. Names and values alternate.
  if (rawHeaders.length > 2 * MOST_HEADERS) return 'gateway.headers-too-large'
  // Node decodes headers as Latin-1: one character is one byte. Each header has four more, `: ` and the line end.
  const bytes = rawHeaders.reduce((sum, text) => sum + text.length + 2, 0)
  if (bytes > maxBytes) return 'gateway.headers-too-large'
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const longest = LONGEST[rawHeaders[index]?.toLowerCase() ?? '']
    if (longest !== undefined && (rawHeaders[index + 1]?.length ?? 0) > longest) return 'gateway.credentials-malformed'
  }
  return undefined
}
