import { checkText } from './check-text.ts'

const MOST_LABELS = 256

/** Checks the labels that one call raises. Returns each once. Throws `TypeError`. */
export function checkLabels(labels: readonly string[]): string[] {
  if (labels.length > MOST_LABELS) throw new TypeError(`\`labels\` must be at most ${MOST_LABELS}`)
  for (const label of labels) checkText('labels', label)
  return [...new Set(labels)]
}
