const MOST_CHARACTERS = 1024

/**
 * Checks a text before it is remembered: 1 to 1024 characters of well-formed Unicode without U+0000, so that every store keeps it
 * as it is and no two texts become one. Throws `TypeError`, naming the member and never its value.
 */
export function checkText(name: string, value: unknown): asserts value is string {
  // attacker-controlled: subjects, resource ids and idempotency keys come from requests.
  if (typeof value !== 'string' || value.length === 0 || value.length > MOST_CHARACTERS) {
    throw new TypeError(`\`${name}\` must have 1 to ${MOST_CHARACTERS} characters`)
  }
  if (!isStorable(value)) throw new TypeError(`\`${name}\` must be well-formed Unicode without U+0000`)
}

/** Whether a text survives UTF-8 and PostgreSQL unchanged. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}
