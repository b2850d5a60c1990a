import { scanText, type Token } from './scan-text.ts'

/** A part of a policy's text. */
export interface TextPart {
  /** UTF-16 offset in the policy's text. */
  readonly at: number
  readonly text: string
}

/** A `when` or `unless` clause as it is written. */
export interface ClauseText extends TextPart {
  /** The operands of its outermost `&&`; the one whole condition when there is none. */
  readonly operands: readonly TextPart[]
}

const OPENING = new Set(['(', '[', '{'])
const CLOSING = new Set([')', ']', '}'])
/** Where one of these stands at the outermost level, `&&` is not what joins it. */
const LOOSER = new Set(['||', 'if', 'then', 'else'])

/**
 * Finds the clauses of a policy that Cedar has parsed, in order, and what their outermost `&&` joins. Cedar's JSON form holds no places, so
 * a message about a part of a policy needs them from here; nothing else rests on them.
 */
export function policyClauses(text: string): readonly ClauseText[] {
  const tokens = scanText(text)
  if ('says' in tokens) return []
  const clauses: ClauseText[] = []
  let depth = 0
  let keyword: Token | undefined
  let open = 0
  for (const [index, token] of tokens.entries()) {
    if (OPENING.has(token.text)) {
      if (depth === 0) open = index
      depth += 1
    } else if (CLOSING.has(token.text)) {
      depth -= 1
      if (depth > 0 || !keyword) continue
      const operands = operandsOf(text, tokens.slice(open, index + 1))
      clauses.push({ at: keyword.at, text: text.slice(keyword.at, token.at + 1), operands })
      keyword = undefined
    } else if (depth === 0 && (token.text === 'when' || token.text === 'unless')) keyword = token
  }
  return clauses
}

/** The operands between two braces. */
function operandsOf(text: string, tokens: readonly Token[]): readonly TextPart[] {
  const cuts: number[] = []
  let depth = 0
  let joined = true
  for (const [index, token] of tokens.entries()) {
    if (OPENING.has(token.text)) depth += 1
    else if (CLOSING.has(token.text)) depth -= 1
    else if (depth !== 1) continue
    else if (LOOSER.has(token.text)) joined = false
    else if (token.text === '&&') cuts.push(index)
  }
  const last = tokens.length - 1
  const bounds = joined ? [0, ...cuts, last] : [0, last]
  return bounds.slice(1).flatMap((end, index) => {
    const first = tokens[bounds[index]! + 1]
    const next = tokens[end]
    return first && next ? [{ at: first.at, text: text.slice(first.at, next.at).trim() }] : []
  })
}
