/** How much of the end may belong to an escape sequence, or to a character that goes on. */
const UNFINISHED = 256

/** Up to where nothing that follows can change what is read: between two plain characters, before an escape sequence that is not over. */
export function endOfFinished(text: string): number {
  const opened = Math.max(
    ...['\u001b', '\u0090', '\u0098', '\u009b', '\u009d', '\u009e', '\u009f'].map((one) => text.lastIndexOf(one)),
  )
  const near = Math.max(0, text.length - UNFINISHED)
  let end = opened >= near ? opened : text.length - 1
  while (end > near && !(isPlain(text.charCodeAt(end - 1)) && isPlain(text.charCodeAt(end)))) end -= 1
  return Math.max(0, end)
}

function isPlain(unit: number): boolean {
  return unit >= 0x20 && unit < 0x7f
}
