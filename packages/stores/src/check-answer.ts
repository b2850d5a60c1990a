import { isStorable } from './check-text.ts'

/** Checks that an answer is JSON text that every store keeps as it is. Throws `TypeError`, without the answer. */
export function checkAnswer(answer: string): void {
  if (typeof answer !== 'string' || !isStorable(answer) || !isJson(answer)) {
    throw new TypeError('`answer` must be JSON text')
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
