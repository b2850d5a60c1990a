import type { Input } from './input.ts'
import type { Output } from './output.ts'

/** One command of the command line. */
export interface Command {
  /** Its words, one or two: `explain`, `audit verify`. No one-word command is the first word of another. */
  readonly name: string
  /** One line, lower case, without a full stop. */
  readonly summary: string
  /** What follows the words, for example `<trace> [--json]`. */
  readonly usage: string
  /** One line for each argument and option: its form, and what it does. */
  readonly options: readonly (readonly [form: string, says: string])[]
  /** What else there is to know. */
  readonly notes: readonly string[]
  /**
   * Runs it and resolves to the exit code: 0 when it went well, 1 when not. Rejects with `UsageError` when it was called wrongly,
   * and with `LockstepError`.
   */
  run(args: readonly string[], output: Output, input: Input): Promise<0 | 1>
}
