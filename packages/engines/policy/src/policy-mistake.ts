import { LockstepError } from '@lockstep/core'

/** A mistake in a policy folder, where it stands and how to correct it. */
export interface Mistake {
  readonly file: string
  /** Counted from 1; absent when it is about the file as a whole. */
  readonly line?: number | undefined
  /** What is wrong, and the fix. */
  readonly says: string
}

const MAX_TOLD = 5

/** Makes the one error for a folder's mistakes: `expense.cedar:12: unknown annotation ...`, at most five of them. */
export function policyMistake(mistakes: readonly Mistake[]): LockstepError {
  const sorted = [...mistakes].sort((a, b) => a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0))
  const told = sorted.slice(0, MAX_TOLD).map(({ file, line, says }) => `${file}${line ? `:${line}` : ''}: ${says}`)
  const more = mistakes.length > MAX_TOLD ? [`and ${mistakes.length - MAX_TOLD} more`] : []
  return new LockstepError('policy.invalid', [...told, ...more].join('; '))
}

/** The line, counted from 1, of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
