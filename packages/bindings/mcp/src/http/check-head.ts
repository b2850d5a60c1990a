import type { IncomingMessage } from 'node:http'

/** Node drops headers beyond its own count (2000) without a word; ours is lower, so that none is dropped unseen. */
const MOST_HEADERS = 128

/**
 * Whether the head of a request is within its bounds, all headers together, in bytes. Asked before anything in it is read; what a
 * single credential may measure is its verifier's to say.
 */
export function checkHead({ rawHeaders }: IncomingMessage, maxBytes: number): boolean {
  // attacker-controlled: everything here. Names and values alternate.
  if (rawHeaders.length > 2 * MOST_HEADERS) return false
  // Node decodes headers as Latin-1: one character is one byte. Each header has four more, `: ` and the line end.
  return rawHeaders.reduce((sum, text) => sum + text.length + 2, 0) <= maxBytes
}
