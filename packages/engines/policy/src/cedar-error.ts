import type { DetailedError } from '@cedar-policy/cedar-wasm/nodejs'

/** One of Cedar's errors about a text, as a sentence and a place in that text. */
export interface CedarMistake {
  readonly says: string
  /** UTF-16 offset. */
  readonly at: number
}

/** Reads Cedar's error; its own help is the fix. `text` is what Cedar was given. */
export function cedarMistake(error: DetailedError | undefined, text: string): CedarMistake {
  const message = (error?.message ?? 'Cedar refused it without a reason').replace(/^failed to parse [a-z ]+: /, '')
  const place = error?.sourceLocations?.[0]
  const help = error?.help ?? (place?.label || undefined)
  // Cedar counts bytes of UTF-8.
  const at = Buffer.from(text)
    .subarray(0, place?.start ?? 0)
    .toString().length
  return { says: help ? `${message}; ${help}` : message, at }
}
