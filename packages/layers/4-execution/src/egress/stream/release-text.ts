import type { ThreadedRedactor } from '../redact/create-text-redactor.ts'
import { mayHoldJson, parseHeld } from '../redact/walk-texts.ts'
import type { BlockRelease } from '../release-block.ts'
import { type HeldText, holdText, readHeld } from './held-text.ts'
import { createJsonCursor, type TextSource } from './json-cursor.ts'
import { createPlainPieces } from './plain-pieces.ts'
import { putSearched } from './put-searched.ts'
import { releaseIncrementally } from './release-incrementally.ts'
import { escaped, type ReleasedOutput } from './released-output.ts'
import type { ValueSearch } from './search-values.ts'
import { createSearchedText } from './searched-text.ts'
import type { Spool } from './spool.ts'

/** Puts text blocks that are too large to be looked at whole. `next` answers what stands before the block. */
export interface TextRelease {
  /** Puts a text for everybody. */
  releasePublic(pieces: AsyncGenerator<string, void>, next: () => string): Promise<void>
  /** Puts what leaves of JSON that waited; nothing where nothing does. */
  releaseHeld(held: HeldText, next: () => string): Promise<void>
}

/** What texts are released with. */
export interface TextReleaseOptions {
  readonly by: BlockRelease
  readonly output: ReleasedOutput
  readonly spool: Spool
  readonly search: ValueSearch
  /** Absent where the call is not obliged to it. */
  readonly redactor: ThreadedRedactor | undefined
  readonly mostOfValue: number
}

/** How deep the JSON of a text block stands in its result. */
const DEPTH = 3

/** Creates it. */
export function createTextRelease(options: TextReleaseOptions): TextRelease {
  const { by, output, spool, search, redactor, mostOfValue } = options
  const { put, settle } = output
  const putEscaped = (text: string) => put(escaped(text))
  const begin = (next: () => string) => put(`${next()}{"type":"text","text":"`)

  const putPlain = async (next: TextSource): Promise<void> => {
    const text = createSearchedText(redactor)
    for (let piece = await next(); piece !== undefined; piece = await next()) {
      putEscaped(await text.add(piece))
      await settle()
    }
    putEscaped(await text.end())
  }
  return {
    async releasePublic(pieces, next) {
      const source: TextSource = async () => (await pieces.next()).value ?? undefined
      const first = redactor && (await source())
      if (first === undefined || !mayHoldJson(first)) {
        begin(next)
        await putPlain(followed(first, source))
        return put('"}')
      }
      // What is JSON is searched as what it says, and of that nobody knows before it is over.
      const held = await holdText(sanitized(followed(first, source)), spool, { parse: parseHeld, keepsAll: true })
      begin(next)
      const again = readHeld(spool, held)
      if (held.isJson) {
        const text = () => createSearchedText(redactor)
        await putSearched({ ...{ put: putEscaped, settle, search, text }, cursor: createJsonCursor(again) }, DEPTH)
      } else await putPlain(again)
      put('"}')
    },
    async releaseHeld(held, next) {
      const { releasing, plan } = by
      if (!plan.structure) return
      let isBegun = false
      const incremental = {
        ...{ releasing, search, settle, mostOfValue, depth: DEPTH },
        cursor: createJsonCursor(readHeld(spool, held)),
        put: (text: string) => {
          if (!isBegun) begin(next)
          isBegun = true
          putEscaped(text)
        },
      }
      if (await releaseIncrementally(incremental, plan.structure)) put('"}')
    },
  }
}

/** A text whose first piece was looked at. */
function followed(first: string | undefined, next: TextSource): TextSource {
  let piece = first
  return async () => {
    const taken = piece ?? (await next())
    piece = undefined
    return taken
  }
}

function sanitized(next: TextSource): TextSource {
  const plain = createPlainPieces()
  let isOver = false
  return async () => {
    while (!isOver) {
      const piece = await next()
      isOver = piece === undefined
      const text = piece === undefined ? plain.end() : plain.add(piece)
      if (text !== '') return text
    }
    return undefined
  }
}
