/** A command that was called wrongly. Its message is one line that says what was wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
