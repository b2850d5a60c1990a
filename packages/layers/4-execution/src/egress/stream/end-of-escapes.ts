const BACKSLASH = 0x5c
/** Two escapes of four digits, which together are one character. */
const LONGEST = 12

/**
 * How far the string that is open at `from` can be decoded: to its closing quote, or to an escape, or half of a character, that goes on in what has
 * not come.
 */
export function endOfEscapes(text: string, from: number): { readonly end: number; readonly isLast: boolean } {
  for (let quote = text.indexOf('"', from); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote
    while (first > from && text.charCodeAt(first - 1) === BACKSLASH) first -= 1
    if ((quote - first) % 2 === 0) return { end: quote, isLast: true }
  }
  // The last place from which an escape may go on, and which is no part of another.
  let at = Math.max(from, text.length - LONGEST)
  while (at > from && text.charCodeAt(at - 1) === BACKSLASH) at -= 1
  // An escape that begins before the window: `\ud83d` of a pair.
  const before = text.lastIndexOf('\\', at - 1)
  if (before >= from && at - before < LONGEST) at = startOfRun(text, from, before)
  while (at < text.length) {
    const length = escapeLength(text, at)
    if (at + length > text.length) return { end: at, isLast: false }
    at += length
  }
  return { end: text.length, isLast: false }
}

function startOfRun(text: string, from: number, at: number): number {
  let first = at
  while (first > from && text.charCodeAt(first - 1) === BACKSLASH) first -= 1
  return first
}

function escapeLength(text: string, at: number): number {
  if (text.charCodeAt(at) !== BACKSLASH) return 1
  if (text.length < at + 2) return 2
  if (text.charAt(at + 1) !== 'u') return 2
  const isHigh = /^[dD][89abAB]/.test(text.slice(at + 2, at + 4))
  if (!isHigh || text.length < at + 6) return 6
  const following = text.slice(at + 6, at + 8)
  return following === '' || following === '\\' || following === '\\u' ? LONGEST : 6
}
