import type { Token } from './scan-text.ts'

/** One policy's text and where it stands in its file, from its first token to its semicolon. */
export interface PolicyText {
  readonly text: string
  /** UTF-16 offset in the file. */
  readonly at: number
  readonly tokens: readonly Token[]
}

/**
 * Cuts a policy file at the semicolons. Every token lands in exactly one piece and Cedar must read every piece as exactly one
 * policy, so a wrong cut is an error and can never lose a policy.
 */
export function splitPolicies(text: string, tokens: readonly Token[]): readonly PolicyText[] {
  const pieces: PolicyText[] = []
  let start = 0
  for (const [index, token] of tokens.entries()) {
    if (token.text !== ';' && index < tokens.length - 1) continue
    const own = tokens.slice(start, index + 1)
    const at = own[0]!.at
    // The last token of an unfinished file is followed by nothing that matters.
    const end = token.text === ';' ? token.at + 1 : text.length
    pieces.push({ text: text.slice(at, end), at, tokens: own })
    start = index + 1
  }
  return pieces
}
