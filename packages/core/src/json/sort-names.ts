/** Up to so many names are put in order by insertion. */
const FEW = 16

/**
 * Sorts member names in place by UTF-16 code units, as RFC 8785 section 3.2.3 asks, and returns them. Objects have few members, for which the
 * engine's own sort, which copies them out and in, takes longer than writing them does.
 */
export function sortNames(names: string[]): string[] {
  if (names.length > FEW) return names.sort()
  for (let next = 1; next < names.length; next++) {
    const name = names[next] ?? ''
    let at = next
    for (let before = names[at - 1] ?? ''; at > 0 && before > name; before = names[at - 1] ?? '') {
      names[at] = before
      at -= 1
    }
    names[at] = name
  }
  return names
}
