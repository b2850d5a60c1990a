import { readBounded } from './read-bounded.ts'
import { type OutgoingCall, readToolCall } from './tool-call.ts'

/** One request to the resource, read so that it can be sent again. */
export interface OutgoingRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  /** Everything else that `fetch` was given. */
  readonly init: RequestInit
  readonly signal: AbortSignal | undefined
  /** Whether the body can be sent again. A stream is gone once it was sent. */
  readonly repeatable: boolean
  /** The call of a tool that it carries, if it carries one. */
  readonly call: OutgoingCall | undefined
  /** The body, where it is text. */
  readonly text: string | undefined
}

/** A `Request` has its body as a stream only; up to this many bytes of it are kept to be sent again. */
const MOST_BYTES = 1_048_576

/**
 * Reads what `fetch` was given. A body in `init` that is a stream is sent once. The body of a `Request` is kept up to 1 MiB, and sent once
 * beyond it. Calls are recognized in texts, which is what the MCP transports send.
 *
 * @param rewrite changes the text of a message before it is sent
 */
export async function readOutgoing(
  input: string | URL | Request,
  init: RequestInit,
  rewrite: (text: string) => string = (text) => text,
): Promise<OutgoingRequest> {
  const request = input instanceof Request ? input : undefined
  const given = init.body ?? undefined
  const kept = given === undefined && request?.body ? await keepBody(request.body) : undefined
  const body = given ?? kept?.body
  const written = typeof body === 'string' ? body : kept?.text
  const method = (init.method ?? request?.method ?? 'GET').toUpperCase()
  const text = written === undefined || method !== 'POST' ? undefined : rewrite(written)
  const { headers, signal, ...rest } = init
  return {
    url: new URL(request?.url ?? String(input)),
    method,
    headers: new Headers(headers ?? request?.headers),
    init: {
      ...rest,
      ...(body === undefined ? {} : { body: text ?? body }),
      ...(isStream(body) ? { duplex: 'half' as const } : {}),
    },
    signal: signal ?? request?.signal ?? undefined,
    repeatable: !isStream(body),
    call: text === undefined ? undefined : readToolCall(text),
    text,
  }
}

async function keepBody(
  stream: ReadableStream<Uint8Array>,
): Promise<{ readonly body: NonNullable<RequestInit['body']>; readonly text?: string }> {
  const read = await readBounded(stream, MOST_BYTES)
  if ('stream' in read) return { body: read.stream }
  const bytes = Buffer.from(read.bytes)
  return { body: bytes, text: bytes.toString('utf8') }
}

function isStream(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  if (body instanceof ReadableStream) return true
  // A generator is iterated once; bytes are no iterator.
  return Symbol.asyncIterator in body
}
