import type { OpenMessage } from './open-message.ts'

/** A message that the guard let through on a line, as a relay sends it on. */
export type RelayedLine = Pick<OpenMessage, 'answer' | 'fail' | 'over'>

const passed = new WeakMap<object, RelayedLine>()

/** Says that the guard let this message through. */
export function passLine(message: object, line: RelayedLine): void {
  passed.set(message, line)
}

/**
 * Takes what the guard let through; `undefined` for a message that it did not see.
 *
 * INVARIANT: taken once. One decision sends one message.
 */
export function takeLine(message: object): RelayedLine | undefined {
  const line = passed.get(message)
  passed.delete(message)
  return line
}
