/** Levels of parentheses and brackets, and words and operators, that a long statement may hold. */
const MOST_DEPTH = 50
const MOST_WORDS = 2000

/** A value, a comma, a point, white space; a parenthesis or bracket; else a word or an operator, of which chains are made. */
const TOKEN =
  /(?<value>'[^']*'|\d[\d.]*|\$\d+|[\s,.;]+|(?:null|true|false)(?![\w$\u0080-\uffff]))|(?<open>[([])|(?<close>[)\]])|(?<word>"[^"]*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|::|[-+*/<>=~!@#%^&|`?:])/iy

/**
 * Whether a text can only be a statement of little depth, however long it is: lists of literals and parameters cost the parser
 * no stack, chains and nesting do. It may say no to flat texts, and never yes to deep ones: backslashes, comments and
 * dollar quotes, in which a quick look could be led astray, are no.
 */
export function isFlat(text: string): boolean {
  if (/\\|--|\/\*|\$(?!\d)/.test(text)) return false
  let depth = 0
  let words = 0
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups
    if (!groups) return false
    if (groups.open !== undefined) depth += 1
    else if (groups.close !== undefined) depth -= 1
    else if (groups.word !== undefined) words += 1
    if (depth > MOST_DEPTH || words > MOST_WORDS) return false
  }
  return true
}
