import type { RecordLayout } from './record-layout.ts'

/** Layouts that are kept: records of one list have one, or few. */
const MOST = 16

/** Creates what finds the layout of records with given members, and makes it where it is new. The one found last is looked at first. */
export function createLayouts(
  make: (names: readonly string[]) => RecordLayout,
): (names: readonly string[]) => RecordLayout {
  let known: RecordLayout[] = []
  return (names) => {
    const [latest] = known
    if (latest && isSame(latest.names, names)) return latest
    const found = known.find((one) => isSame(one.names, names)) ?? make(names)
    known = [found, ...known.filter((one) => one !== found)].slice(0, MOST)
    return found
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false
  return true
}
