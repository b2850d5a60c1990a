import { plainText } from '@lockstep/core'
import { endOfFinished } from './finished-text.ts'

/** Sanitizes a text that comes in pieces: together they are the plain text of the whole. */
export interface PlainPieces {
  add(piece: string): string
  end(): string
}

/** Creates it. It holds back some hundred characters at most. */
export function createPlainPieces(): PlainPieces {
  let raw = ''
  return {
    add(piece) {
      raw += piece
      const end = endOfFinished(raw)
      const plain = plainText(raw.slice(0, end))
      raw = raw.slice(end)
      return plain
    },
    end() {
      const plain = plainText(raw)
      raw = ''
      return plain
    },
  }
}
