/** Where a command writes. Each text ends with a line feed. */
export interface Output {
  /** What was asked for. */
  say(text: string): void
  /** What went wrong. */
  complain(text: string): void
  /** Resolves once the reader has room for more. @defaultValue there is always room */
  readonly room?: (() => Promise<void>) | undefined
}
