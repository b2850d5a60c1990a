import { createBoundedMemory } from '@lockstep/core'

/** How many statements a session keeps parsed. Those that come later are parsed each time: to give one up would cost a round trip. */
const MOST_KEPT = 100
/** The longest text that is kept: a session holds a parse tree of each. */
const LONGEST_KEPT = 16_384
/** How many texts are known to have been sent once. */
const MOST_SENT = { count: 500, bytes: 1_048_576 }
/** Names of one session, over all resets: the driver never forgets what one stood for. */
const MOST_NAMES = 1_000
/** How often a session may lose a statement: a pooler in between would do so with each. */
const MOST_LOST = 10

/** Says which statements one session keeps parsed, under which names. */
export interface KeptStatements {
  /** The name of a text that was sent before; `undefined` for one that is to be sent without. */
  nameOf(text: string): string | undefined
  /** The session keeps nothing any more. */
  forget(): void
  /** The session does not keep this text any more, though nobody told it to give it up. Where that happens again and again, nothing is named. */
  lose(text: string): void
}

/**
 * Creates what one session keeps. A text is kept when it is sent for the second time: much of what models write is never sent again.
 *
 * @param prefix what the names begin with; nobody else's in the same session do
 */
export function createKeptStatements(prefix: string): KeptStatements {
  let sent = createSent()
  const names = new Map<string, string>()
  let made = 0
  let lost = 0
  return {
    nameOf(text) {
      if (lost > MOST_LOST) return undefined
      const known = names.get(text)
      if (known !== undefined || names.size >= MOST_KEPT || made >= MOST_NAMES || text.length > LONGEST_KEPT)
        return known
      if (!sent.get(text)) {
        sent.set(text, true)
        return undefined
      }
      made += 1
      // a name is never used again: the driver remembers what it stood for
      const name = `${prefix}_${made}`
      names.set(text, name)
      return name
    },
    forget() {
      names.clear()
      sent = createSent()
    },
    lose(text) {
      names.delete(text)
      lost += 1
    },
  }
}

function createSent() {
  return createBoundedMemory<true>(MOST_SENT.count, { most: MOST_SENT.bytes, of: (text) => 2 * text.length })
}
