import { LockstepError } from '@lockstep/core'

/** Texts beyond this many UTF-8 bytes are refused unparsed; the grammar's WebAssembly stack fails at 19.4 kB of nesting. */
const MAX_STATEMENT_BYTES = 16_384

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000e-\u001f\u007f]/
const SURROGATE = /\p{Surrogate}/u

/**
 * Looks at a statement before any parser does: its size, and characters that a parser and the database might read
 * differently (NUL truncates, a lone surrogate becomes U+FFFD). Throws `execution.statement-invalid`.
 */
export function gateStatement(text: unknown): asserts text is string {
  // attacker-controlled: the text may come from a language model
  if (typeof text !== 'string') throw new LockstepError('execution.statement-invalid', 'the statement is not a text')
  if (text.length > MAX_STATEMENT_BYTES || Buffer.byteLength(text, 'utf8') > MAX_STATEMENT_BYTES) {
    throw new LockstepError('execution.statement-invalid', `the statement is longer than ${MAX_STATEMENT_BYTES} bytes`)
  }
  if (CONTROL.test(text)) throw new LockstepError('execution.statement-invalid', 'it holds a control character')
  if (SURROGATE.test(text)) throw new LockstepError('execution.statement-invalid', 'it holds half a surrogate pair')
}
