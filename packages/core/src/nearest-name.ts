/**
 * The known name that a misspelt one most likely meant: at most one edit away for every three letters; `undefined` when none is.
 *
 * Optimal string alignment distance, written here because it is twenty lines and core imports nothing.
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  // A name is short; what is not was never a misspelt one.
  if (given.length > 64) return undefined
  const ranked = known
    .map((name) => ({ name, edits: editsBetween(given, name) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.ceil(Math.min(given.length, name.length) / 3)))
    .sort((a, b) => a.edits - b.edits)
  return ranked[0]?.name
}

/** How many letters must be put in, left out, changed, or exchanged with their neighbor. */
function editsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i += 1) {
    rows.push([i])
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const edits = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1))
      rows[i]?.push(swapped ? Math.min(edits, at(i - 2, j - 2) + 1) : edits)
    }
  }
  return at(a.length, b.length)
}
