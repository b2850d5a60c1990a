/** What is left of a value when this many of its characters in a row still stand there. */
function leaks(value, left) {
  const run = Math.max(6, Math.floor(value.length / 4))
  for (let at = 0; at + run <= value.length; at += 1) if (left.includes(value.slice(at, at + run))) return true
  return false
}

/**
 * Redacts a corpus, and counts. Found: a text of which no quarter of the value is left. False: a text without a value that was changed, or one
 * of which something beside the value was removed.
 *
 * @param redact `TextRedactor.redact`
 */
export async function scoreCorpus(corpus, redact) {
  const classes = new Map()
  for (const { class: name, kind, text, value, before, after } of corpus) {
    const row = classes.get(name) ?? { name, kind, texts: 0, found: 0, wrong: 0 }
    classes.set(name, row)
    const { texts } = await redact([text])
    row.texts += 1
    if (kind === undefined) {
      if (texts[0] !== text) row.wrong += 1
      continue
    }
    // the placeholder is no part of what is left: `[assigned-secret]` has the word that named it
    if (!leaks(value, texts[0].replaceAll(/\[[a-z-]+\]/g, '\n'))) row.found += 1
    if (!texts[0].startsWith(before) || !texts[0].endsWith(after)) row.wrong += 1
  }
  const rows = [...classes.values()]
  const sum = (of) => rows.reduce((total, row) => total + of(row), 0)
  const found = sum((row) => row.found)
  return {
    rows,
    recall: found / sum((row) => (row.kind ? row.texts : 0)),
    precision: found / (found + sum((row) => row.wrong)),
  }
}
