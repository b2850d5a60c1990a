import type { Token } from './scan-text.ts'

/**
 * How deep a text may nest. Cedar's engine breaks somewhere above 100 nested parentheses or a chain of some 150 operators,
 * depending on the stack that is left; this stays well below.
 */
export const MAX_NESTING = 64

const OPENING = new Set(['(', '[', '{', '<'])
const CLOSING = new Set([')', ']', '}', '>'])
const CHAINING = new Set(['&&', '||', '+', '-', '*', '!', 'if', 'then', 'else', 'when', 'unless'])

interface Level {
  /** Operators that put the rest of this level one deeper. */
  chain: number
  /** Attribute steps since the last operator (`a.b.c`). */
  steps: number
}

/**
 * Finds the first token at which a text nests deeper than `MAX_NESTING`, or `undefined`. A bracket counts twice, an operator of
 * a chain (`a && b && c`) and a step of a path (`a.b.c`) once, because each makes the parsed tree one deeper.
 *
 * @param angles whether `<` and `>` are brackets (in a schema) or comparisons (in a policy)
 */
export function tooDeepAt(tokens: readonly Token[], angles: boolean): Token | undefined {
  const levels: Level[] = [{ chain: 0, steps: 0 }]
  let outer = 0
  for (const token of tokens) {
    const level = levels.at(-1)!
    const isAngle = token.text === '<' || token.text === '>'
    if (OPENING.has(token.text) && (angles || !isAngle)) {
      outer += 2 + level.chain + level.steps
      levels.push({ chain: 0, steps: 0 })
    } else if (CLOSING.has(token.text) && (angles || !isAngle)) {
      if (levels.length > 1) {
        levels.pop()
        const back = levels.at(-1)!
        outer -= 2 + back.chain + back.steps
      }
    } else if (token.text === ';' || token.text === ',') {
      // The next policy, declaration or element starts afresh.
      level.chain = 0
      level.steps = 0
    } else if (CHAINING.has(token.text)) {
      level.chain += 1
      level.steps = 0
    } else if (token.text === '.') {
      level.steps += 1
    }
    const innermost = levels.at(-1)!
    if (outer + innermost.chain + innermost.steps > MAX_NESTING) return token
  }
  return undefined
}
