import type { IncomingHttpHeaders } from 'node:http'

const JSON_IN_UTF8 = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i

/**
 * Whether a body is declared as what the guard reads it as: JSON in UTF-8, not encoded. A parser behind the guard that honors
 * another charset or a content encoding would read another message from the same bytes.
 */
export function checkMediaType(headers: IncomingHttpHeaders): boolean {
  // attacker-controlled: both headers.
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = headers
  return JSON_IN_UTF8.test(type) && encoding.toLowerCase() === 'identity'
}
