import type { Draw } from './draw.ts'

const PIECES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|\w+|\s+|./gs
/** Words after which libpg-query, unlike PostgreSQL, takes no comment: its lexer looks ahead one token, and a comment is one. */
const LOOKING_AHEAD = /^(not|with|nulls|without)$/i

/** Writes a statement as other people would: its words in another case, names in quotes, comments and other white space. */
export function respell(text: string, names: ReadonlySet<string>, draw: Draw): string {
  const habit = draw.pick('upper case', 'mixed case', 'quoted names', 'comments', 'lines')
  const pieces = text.match(PIECES) ?? []
  return pieces
    .map((piece, index) => (LOOKING_AHEAD.test(pieces[index - 1] ?? '') ? piece : change(piece, habit, names, draw)))
    .join('')
}

function change(piece: string, habit: string, names: ReadonlySet<string>, draw: Draw): string {
  if (/^\s+$/.test(piece)) {
    if (habit === 'lines') return draw.pick('\n', '\t', '  ', '\r\n')
    return habit === 'comments' && draw.chance(30) ? draw.pick(' /* a comment */ ', " -- it's one\n", '/**/ ') : piece
  }
  if (!/^[a-z_]\w*$/i.test(piece)) return piece
  if (habit === 'upper case') return piece.toUpperCase()
  if (habit === 'mixed case') return draw.chance(50) ? piece.charAt(0).toUpperCase() + piece.slice(1) : piece
  return habit === 'quoted names' && names.has(piece) ? `"${piece}"` : piece
}
