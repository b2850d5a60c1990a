import type { ThreadedRedactor } from '../redact/create-text-redactor.ts'
import { createTextWindow, type WindowSize } from '../redact/text-window.ts'
import { createPlainPieces } from './plain-pieces.ts'

/** A text that is sanitized, and searched where the call is obliged to it, while it comes. */
export interface SearchedText {
  /** Resolves to what may leave. */
  add(piece: string): Promise<string>
  /** The rest of it. */
  end(): Promise<string>
}

/**
 * Begins a text. What leaves of its pieces together is what would leave of it whole, wherever it is divided. It holds back as much as is searched at
 * once.
 *
 * Rejects with `execution.obligation-failed` for what cannot be searched.
 *
 * @param redactor absent where the text is only sanitized
 */
export function createSearchedText(
  redactor: Pick<ThreadedRedactor, 'redactPart'> | undefined,
  size?: WindowSize,
): SearchedText {
  const plain = createPlainPieces()
  if (!redactor) return { add: async (piece) => plain.add(piece), end: async () => plain.end() }
  const window = createTextWindow(size)
  // What was next to something that was removed is sanitized anew, as it is in a result that is held.
  const left = createPlainPieces()
  const search = async (isOver: boolean): Promise<string> => {
    let text = ''
    for (let part = window.part(isOver); part; part = part.isLast ? undefined : window.part(isOver)) {
      const one = await redactor.redactPart(part)
      window.pass(one.end)
      text += left.add(one.text)
    }
    return text
  }
  return {
    add(piece) {
      window.add(plain.add(piece))
      return search(false)
    },
    async end() {
      window.add(plain.end())
      return (await search(true)) + left.end()
    },
  }
}
