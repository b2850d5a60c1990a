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

/** Creates the memory of final rows of one Lockstep instance. It holds digests, and forgets a call with the call itself. */
export function createFinalRows(): FinalRows {
  const rowsOf = new WeakMap<AuthorizedCall, Set<string>>()
  return {
    remember(call, rows) {
      const known = rowsOf.get(call) ?? new Set<string>()
      rowsOf.set(call, known)
      for (const row of rows) {
        if (known.size >= MAX_FINAL_ROWS) return
        const written = asJson(row)
        if (written !== undefined) known.add(fingerprint(written))
      }
    },
    has: (call, row) => rowsOf.get(call)?.has(fingerprint(row)) ?? false,
  }
}

/** A row as it will stand in a result: dates are texts, and what JSON cannot write is no row. */
function asJson(row: unknown): JsonValue | undefined {
  try {
    return JSON.parse(JSON.stringify(row))
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
