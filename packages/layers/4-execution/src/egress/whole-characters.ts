/** Whether a UTF-16 code unit is the second half of a character. */
export function isLowHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** A piece of a text without the first half of a character at its end, the second half of which comes with the next piece. */
export function wholeCharacters(piece: string): string {
  const last = piece.charCodeAt(piece.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? piece.slice(0, -1) : piece
}
