/** Reads anew what was only mentioned. */
export interface Mentions {
  /** What is read may have changed. Mentioned often, it is read once after the last. */
  mention(): void
  /** Resolves when everything that was mentioned was read. Rejects when something could not be: whoever rests on it knows too little. */
  read(): Promise<void>
}

/** Creates them over what reads. */
export function createMentions(read: () => Promise<void>): Mentions {
  let reading: Promise<void> = Promise.resolve()
  let isDue = false
  return {
    mention() {
      if (isDue) return
      isDue = true
      reading = reading.then(() => {
        // Before it begins: what is mentioned meanwhile may not be in its answer.
        isDue = false
        return read()
      })
      // It fails whether somebody waits or not.
      reading.catch(() => undefined)
    },
    read: () => reading,
  }
}
