/** How often something was found, by kind: `{ email: 2, 'aws-key': 1 }`. Nothing else is ever told of what was found. */
export type FoundKinds = Readonly<Record<string, number>>

/** Texts in which what was found is replaced by `[kind]`. */
export interface RedactedTexts {
  /** In the order of what was given, and as many. */
  readonly texts: readonly string[]
  /** Of all of them together. */
  readonly found: FoundKinds
}

/** Removes secrets and personal data from texts: carries out `@redact_text`. */
export interface TextRedactor {
  /**
   * All texts of one result together: they share one deadline.
   *
   * @param signal nobody waits for the answer any more once it is aborted
   * @throws LockstepError `execution.obligation-failed` when a detector fails, is late, or the texts are too long: nothing of them may leave
   */
  redact(texts: readonly string[], signal?: AbortSignal): Promise<RedactedTexts>
}
