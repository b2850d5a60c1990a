import type { IncomingMessage } from 'node:http'
import {
  type ErrorCode,
  type JsonObject,
  JsonRejection,
  type JsonRejectionReason,
  type JsonValue,
  parseJson,
} from '@lockstep/core'

/** Bounds on a request body, applied before anything is parsed. */
export interface BodyLimits {
  /** Bytes. */
  readonly bodyBytes: number
  /** Levels of nesting. */
  readonly bodyDepth: number
}

/** The body as received and as parsed, or why it was refused. */
export type ReadBody =
  | { readonly ok: true; readonly bytes: Buffer; readonly value: JsonValue | undefined }
  | { readonly ok: false; readonly code: ErrorCode }

const REJECTIONS: Record<JsonRejectionReason, ErrorCode> = {
  malformed: 'gateway.body-malformed',
  'duplicate-member': 'gateway.body-duplicate-member',
  'too-large': 'gateway.body-too-large',
  'too-deep': 'gateway.body-too-deep',
  'unsafe-value': 'gateway.body-malformed',
}

/** Whether something read the request's body before us. */
export function bodyWasRead(request: IncomingMessage & { readonly body?: unknown }): boolean {
  return request.readableEnded || request.readableDidRead || request.body !== undefined
}

/**
 * Reads the body within its bounds and parses it strictly; duplicate members are visible only in the raw bytes. The bytes
 * are put back, so that a handler that reads the stream itself finds them. An empty body has no value.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<ReadBody> {
  const bytes = await collectBody(request, limits.bodyBytes)
  if (bytes === undefined) return { ok: false, code: 'gateway.body-too-large' }
  if (bytes.length === 0) return { ok: true, bytes, value: undefined }
  return parseBody(bytes, limits)
}

/** Parses bytes strictly, within their bounds: a duplicate member, invalid UTF-8 or a number that JSON cannot carry is refused. */
export function parseBody(bytes: Buffer, limits: BodyLimits): ReadBody {
  try {
    return { ok: true, bytes, value: parseJson(bytes, { maxBytes: limits.bodyBytes, maxDepth: limits.bodyDepth }) }
  } catch (error) {
    if (error instanceof JsonRejection) return { ok: false, code: REJECTIONS[error.reason] }
    throw error
  }
}

/** Collects the body as it was sent; resolves to `undefined` beyond the bound (bytes). The caller then answers without reading on. */
export function collectBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  // attacker-controlled: the announced length is only good for refusing early.
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const done = (bytes: Buffer | undefined) => {
      request.off('readable', onReadable).off('error', reject).off('close', onClose)
      resolve(bytes)
    }
    const onClose = () => reject(new Error('the request ended before its body was complete'))
    const onReadable = () => {
      for (let chunk = request.read() as Buffer | null; chunk !== null; chunk = request.read() as Buffer | null) {
        size += chunk.length
        if (size > limit) return done(undefined)
        chunks.push(chunk)
      }
      if (!request.complete) return
      const bytes = Buffer.concat(chunks)
      // INVARIANT: put back in the same tick as the last read, before `end` is emitted; later the stream would refuse it.
      if (bytes.length > 0) request.unshift(bytes)
      done(bytes)
    }
    request.on('readable', onReadable).on('error', reject).on('close', onClose)
    onReadable()
  })
}

/**
 * Puts a message in the place of the bytes that were read, for a handler that reads the stream itself, and corrects the length
 * that was announced.
 */
export function replaceBody(request: IncomingMessage, message: JsonObject): void {
  const bytes = Buffer.from(JSON.stringify(message))
  // INVARIANT: taken out and put back in one tick, before `end` is emitted.
  while (request.read() !== null);
  request.unshift(bytes)
  if (request.headers['content-length'] === undefined) return
  request.headers['content-length'] = String(bytes.length)
  const { rawHeaders } = request
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'content-length') rawHeaders[index + 1] = String(bytes.length)
  }
}
