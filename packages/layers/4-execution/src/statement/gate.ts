import { LockstepError } from '@lockstep/core'
import { isFlat } from './is-flat.ts'

/** Texts beyond this many UTF-8 bytes are refused unparsed by default; the grammar's WebAssembly stack fails at 19.4 kB of nesting. */
export const STATEMENT_BYTES = 16_384
/** The most that can be configured: such a text takes about half a second to parse. */
export const MOST_STATEMENT_BYTES = 1_048_576

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000e-\u001f\u007f]/
const SURROGATE = /\p{Surrogate}/u

/**
 * Looks at a statement before any parser does: its size, and characters that a parser and the database might read
 * differently (NUL truncates, a lone surrogate becomes U+FFFD). Beyond 16 kB, where more is configured, only flat texts pass:
 * long lists of values, no depth. Throws `execution.statement-invalid`.
 *
 * @param limit the longest text, in UTF-8 bytes
 */
export function gateStatement(text: unknown, limit = STATEMENT_BYTES): asserts text is string {
  // attacker-controlled: the text may come from a language model
  if (typeof text !== 'string') throw invalid('the statement is not a text')
  if (text.length > limit || Buffer.byteLength(text, 'utf8') > limit) {
    throw invalid(`the statement is longer than ${limit} bytes: bind a list as one array parameter, \`= ANY ($1)\``)
  }
  if (CONTROL.test(text)) throw invalid('it holds a control character')
  if (SURROGATE.test(text)) throw invalid('it holds half a surrogate pair')
  if (Buffer.byteLength(text, 'utf8') > STATEMENT_BYTES && !isFlat(text)) {
    throw invalid(`a statement of more than ${STATEMENT_BYTES} bytes can only hold long lists of values`)
  }
}

function invalid(detail: string): LockstepError {
  return new LockstepError('execution.statement-invalid', detail)
}
