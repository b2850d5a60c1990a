import { createHash } from 'node:crypto'
import { type AuthorizedCall, canonicalJson, type JsonValue } from '@lockstep/core'

/** Rows of one call that are remembered; further rows are simply not final, and are withheld if they are bound as `sql`. */
const MAX_FINAL_ROWS = 50_000

/**
 * Remembers which rows a guarded client returned under a call. Such rows are final: their statement was rewritten, so that
 * they hold nothing that the call may not see, and they may leave as they are.
 */
export interface FinalRows {
  remember(call: AuthorizedCall, rows: readonly unknown[]): void
  /** Whether a guarded client returned this very row, as JSON writes it, under this call. */
  readonly has: (call: AuthorizedCall, row: JsonValue) => boolean
}

/** What is remembered of one call. */
interface Remembered {
  /** Rows as JSON, which nobody has asked about yet. */
  texts: string[]
  /** Length of the texts together. */
  length: number
  readonly digests: Set<string>
}

/** Length of texts that are kept before they become digests. */
const MAX_TEXTS = 1_048_576

/**
 * Creates the memory of final rows of one Lockstep instance. It holds digests, and forgets a call with the call itself. Most rows are never
 * asked about: what a digest costs is put off until the first that is, or until the texts take too much.
 */
export function createFinalRows(): FinalRows {
  const rowsOf = new WeakMap<AuthorizedCall, Remembered>()
  return {
    remember(call, rows) {
      const known = rowsOf.get(call) ?? { texts: [], length: 0, digests: new Set<string>() }
      rowsOf.set(call, known)
      for (const row of rows) {
        if (known.digests.size + known.texts.length >= MAX_FINAL_ROWS) return
        // INVARIANT: a row is written down at once: what its handler does to it afterwards was not returned by the client.
        const text = asJson(row)
        if (text === undefined) continue
        known.length += text.length
        known.texts.push(text)
        if (known.length > MAX_TEXTS) digestTexts(known)
      }
    },
    has(call, row) {
      const known = rowsOf.get(call)
      if (!known) return false
      digestTexts(known)
      return known.digests.has(fingerprint(row))
    },
  }
}

function digestTexts(known: Remembered): void {
  for (const text of known.texts) known.digests.add(fingerprint(JSON.parse(text)))
  known.texts = []
  known.length = 0
}

/** A row as it will stand in a result: dates are texts, and what JSON cannot write is no row. */
function asJson(row: unknown): string | undefined {
  try {
    return JSON.stringify(row)
  } catch {
    return undefined
  }
}

function fingerprint(row: JsonValue): string {
  return createHash('sha256').update(textOf(row)).digest('base64')
}

/** INVARIANT: two rows have the same text only if they are the same row, also where a number or a text has no canonical form. */
function textOf(row: JsonValue): string {
  try {
    return canonicalJson(row)
  } catch {
    return JSON.stringify(row)
  }
}
