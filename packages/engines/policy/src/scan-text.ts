/** A token of a policy or schema file, as far as bounds need to know it. */
export interface Token {
  /** The token itself; for a string literal or a word only what kind it is matters, so strings are `"`. */
  readonly text: string
  /** UTF-16 offset in the file. */
  readonly at: number
}

/** A file that cannot be read as tokens: an unfinished string. */
export interface ScanFailure {
  readonly at: number
  readonly says: string
}

const TOKEN = /\s+|\/\/[^\n\r]*|"[^"\\]*(?:\\.[^"\\]*)*"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|::|&&|\|\||[=!<>]=|./gsy

/**
 * Splits a Cedar policy or schema text into tokens, dropping whitespace and comments.
 *
 * This is not a parser: Cedar parses every piece afterwards. It exists because Cedar's parser must not be given a text that
 * nests too deeply, which would break the engine before it could refuse, and because no other tokenizer of the language is
 * published. An unfinished string yields a lone `"`, and fails.
 */
export function scanText(text: string): readonly Token[] | ScanFailure {
  const tokens: Token[] = []
  for (const match of text.matchAll(TOKEN)) {
    const found = match[0]
    if (/^(?:\s|\/\/)/.test(found)) continue
    if (found === '"') return { at: match.index, says: 'a string is not closed; add the missing `"`' }
    tokens.push({ text: found.startsWith('"') ? '"' : found, at: match.index })
  }
  return tokens
}
