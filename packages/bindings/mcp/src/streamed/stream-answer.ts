import {
  isJsonObject,
  isLockstepError,
  type JsonObject,
  JsonRejection,
  type JsonValue,
  LockstepError,
} from '@lockstep/core'
import { type AnswerOutput, createJsonCursor, type JsonCursor, type TextSource } from '@lockstep/execution/egress'
import type { MessageId } from '../answer.ts'
import type { ObligedRelease } from '../release.ts'
import { withoutText } from '../release-protocol.ts'

/**
 * Releases one message of a server as it comes. Resolves to whether it was the answer, all of which was written then; of any other message
 * nothing was. Rejects with LockstepError when the answer cannot go on; what became of it is recorded by then.
 *
 * @param id of the answer that is expected
 */
export type StreamAnswer = (next: TextSource, output: AnswerOutput, id: MessageId) => Promise<boolean>

/** What became of an answer that was streamed. */
export interface StreamedOutcome {
  readonly failed: boolean
  /** Why it ended before its end. */
  readonly error?: LockstepError
  /** Counts and names of what left and what did not. */
  readonly detail: JsonObject
}

/** What streaming the answer of one call needs. */
export interface StreamAnswerOptions {
  /** The id that the client knows the request by. */
  readonly id: MessageId
  readonly begin: (output: AnswerOutput) => ObligedRelease
  /** Is told once that the message is the answer, before anything of it leaves. */
  readonly answered: () => void
  /** Records the outcome, durably: of an answer that ends well before its last piece leaves. */
  readonly conclude: (outcome: StreamedOutcome) => Promise<void>
}

/** Characters of an error, or of a member that is not the result. */
const MOST = 1_048_576

/** Creates the stream of one call's answer: `{"jsonrpc":"2.0","id":…,"result":{…}}`, written in this order whatever order it came in. */
export function createStreamAnswer({ id, begin, answered, conclude }: StreamAnswerOptions): StreamAnswer {
  return async (next, output, expected) => {
    let bytes = 0
    const release = begin({
      async write(piece) {
        await output.write(piece)
        bytes += Buffer.byteLength(piece)
      },
    })
    const detail = (): JsonObject => {
      const { withheld, rows } = release.summary()
      return {
        rows: withheld.rows,
        fields: [...withheld.fields],
        masked: [...withheld.masked],
        streamed: { rows, bytes },
      }
    }
    let hasAnswered = false
    const isAnswer = async () => {
      if (hasAnswered) return
      hasAnswered = true
      answered()
      await release.announce()
    }
    try {
      const read = await readAnswer(createJsonCursor(next), release, { id, expected, isAnswer })
      if (read === 'other') return false
      await release.output.flush()
      await conclude({ failed: read.error !== undefined || release.summary().isError, detail: detail() })
      release.output.put(read.error ?? '}}')
      await release.output.flush()
      return true
    } catch (cause) {
      const error = asFault(cause)
      if (hasAnswered) await conclude({ failed: true, error, detail: { ...detail(), truncated: bytes > 0 } })
      throw error
    } finally {
      await release.close()
    }
  }
}

interface Expected {
  readonly id: MessageId
  readonly expected: MessageId
  readonly isAnswer: () => Promise<void>
}

/** Reads a message, and releases its result as far as its closing brace. */
async function readAnswer(
  cursor: JsonCursor,
  release: ObligedRelease,
  { id, expected, isAnswer }: Expected,
): Promise<'other' | { readonly error?: string }> {
  let named: JsonValue | undefined
  let error: JsonValue | undefined
  let isReleased = false
  for await (const name of cursor.members()) {
    if (name === 'method' && !isReleased) return 'other'
    if (name === 'id') {
      named = await small(cursor)
      if (named !== expected && !isReleased) return 'other'
    } else if (name === 'result' && (await cursor.peek()) === '{' && error === undefined) {
      await isAnswer()
      isReleased = true
      release.output.put(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`)
      await release.release(cursor)
    } else if (name === 'error' && !isReleased) {
      await isAnswer()
      error = await small(cursor)
    } else if (name === 'jsonrpc') await small(cursor)
    else throw new JsonRejection('malformed')
  }
  // Of what follows, and of whose answer it was, nobody knew before.
  if (named !== expected || (await cursor.peek()) !== '') throw new JsonRejection('malformed')
  if (isReleased) return {}
  return { error: JSON.stringify(withoutText({ id, error: isJsonObject(error) ? error : null })) }
}

async function small(cursor: JsonCursor): Promise<JsonValue> {
  const value = await cursor.value(MOST)
  if (value === undefined) throw new JsonRejection('too-large')
  return value
}

function asFault(cause: unknown): LockstepError {
  if (isLockstepError(cause)) return cause
  if (!(cause instanceof JsonRejection)) return new LockstepError('invocation.handler-failed', undefined, { cause })
  const code = cause.reason === 'too-large' ? 'execution.answer-too-large' : 'execution.result-unbound'
  return new LockstepError(code, undefined, { cause })
}
