import { isJsonObject, LockstepError } from '@lockstep/core'

/** An event that has not ended by then is no answer to a call; the rest of such a stream passes unwatched. */
const MOST_CHARACTERS = 4 * 1_048_576
const END_OF_EVENT = /\r\n\r\n|\n\n|\r\r/g

/** Whether an answer is a stream of events. */
export function isEventStream({ status, headers }: Response): boolean {
  return status === 200 && /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
}

/**
 * Passes the events of a stream on as they came, and asks again when the connection breaks before the answer to the message of this id was
 * among them: what `askAgain` resolves to goes on in the same stream. A stream whose events have ids is left to its reader, who resumes it
 * by the protocol's own means.
 *
 * Our own reader, because those of libraries hand out what events mean, and these pass as they were written.
 *
 * A stream that cannot be completed fails with LockstepError `agent.answer-lost`, or with what `askAgain` rejects with.
 */
export function resumeStream(
  response: Response,
  id: string | number,
  askAgain: (cause: unknown) => Promise<Response>,
): Response {
  const { status, statusText, headers, body } = response
  if (!body) return response
  const encoder = new TextEncoder()
  let source = watch(body, id)

  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const next = await source.read()
    if (next.kind === 'events') return controller.enqueue(encoder.encode(next.text))
    if (next.kind === 'end') return controller.close()
    const again = await askAgain(next.cause)
    if (isEventStream(again) && again.body) source = watch(again.body, id)
    else {
      const message = answerFor(id, await again.text())
      if (message === undefined) throw new LockstepError('agent.answer-lost')
      controller.enqueue(encoder.encode(`data: ${message}\n\n`))
      return controller.close()
    }
    return pull(controller)
  }
  const stream = new ReadableStream<Uint8Array>({ pull, cancel: (reason) => source.cancel(reason) })
  return new Response(stream, { status, statusText, headers })
}

type Read =
  /** Whole events, as they came. */
  | { readonly kind: 'events'; readonly text: string }
  /** It ended as it should, or its reader resumes it. */
  | { readonly kind: 'end' }
  /** It ended without the answer. */
  | { readonly kind: 'broken'; readonly cause: unknown }

function watch(body: ReadableStream<Uint8Array>, id: string | number) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let answered = false
  let resumable = false

  const read = async (): Promise<Read> => {
    const { done, value } = await reader.read()
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true })
    if (done) return answered || resumable ? { kind: 'end' } : { kind: 'broken', cause: undefined }
    const ends = [...rest.matchAll(END_OF_EVENT)]
    const last = ends.at(-1)
    const until = last ? last.index + last[0].length : 0
    // Once somebody else answers for the end, nothing needs to be held back.
    const text = answered || resumable || rest.length > MOST_CHARACTERS ? rest : rest.slice(0, until)
    rest = rest.slice(text.length)
    for (const event of text.split(END_OF_EVENT)) {
      resumable ||= /^id:/m.test(event)
      answered ||= isAnswer(id, dataOf(event))
    }
    return text === '' ? read() : { kind: 'events', text }
  }
  return {
    read: () =>
      read().catch((cause: unknown): Read => {
        if (answered || resumable) throw cause
        return { kind: 'broken', cause }
      }),
    cancel: (reason: unknown) => reader.cancel(reason),
  }
}

function dataOf(event: string): string {
  const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'))
  return lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n')
}

/** The answer to this very message, on one line; undefined for anything else. */
function answerFor(id: string | number, text: string): string | undefined {
  return isAnswer(id, text) ? JSON.stringify(JSON.parse(text)) : undefined
}

function isAnswer(id: string | number, text: string): boolean {
  if (text === '') return false
  try {
    const message: unknown = JSON.parse(text)
    return isJsonObject(message) && message.id === id && ('result' in message || 'error' in message)
  } catch {
    return false
  }
}
