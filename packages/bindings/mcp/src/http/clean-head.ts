import type { OutgoingHttpHeader, ServerResponse } from 'node:http'

/** Headers of the protocol and of the connection between browser and server; a handler's results have no place in them. */
const PROTOCOL =
  /^(mcp-session-id|mcp-protocol-version|cache-control|vary|allow|x-accel-buffering|access-control-[a-z-]+)$/

/** Cleans the head of one response immediately before it is sent. */
export interface HeadCleaner {
  /** `length` is that of the body that is sent, in bytes; absent for a stream. */
  (contentType: string, length: number | undefined): void
  /** Headers of our own answer, which stay. */
  keep(headers: Readonly<Record<string, string>>): void
}

/**
 * Creates the cleaner of a response that a handler is about to write to. What was set before stays as it was; of what is set behind, only
 * the headers of the protocol leave: any other, the reason phrase, or a digest of the body could tell what is withheld.
 */
export function createHeadCleaner(response: ServerResponse): HeadCleaner {
  const before: Readonly<Record<string, OutgoingHttpHeader | undefined>> = { ...response.getHeaders() }
  const own: Record<string, OutgoingHttpHeader> = {}

  const clean = (contentType: string, length: number | undefined) => {
    const hasBody = response.hasHeader('content-type')
    for (const name of response.getHeaderNames()) if (!PROTOCOL.test(name)) response.removeHeader(name)
    const standing = Object.entries({ ...before, ...own })
    for (const [name, value] of standing)
      if (value !== undefined && !response.hasHeader(name)) response.setHeader(name, value)
    if (hasBody) response.setHeader('content-type', contentType)
    if (length !== undefined && length > 0) response.setHeader('content-length', length)
    response.statusMessage = ''
    const { statusCode } = response
    if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) response.statusCode = 500
  }
  return Object.assign(clean, { keep: (headers: Readonly<Record<string, string>>) => void Object.assign(own, headers) })
}
