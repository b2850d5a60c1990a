import { CODES, type ErrorCode, type Layer } from './codes.ts'

/**
 * The one error class. A fault, or a denial at the place where it must be thrown (inside a handler's database client).
 * `code` is from the closed table; the message is the table's sentence plus constant detail. It never holds a token, claim
 * set, argument, SQL parameter or row.
 */
export class LockstepError extends Error {
  override readonly name = 'LockstepError'
  readonly code: ErrorCode
  readonly layer: Layer
  readonly status: number
  /** What the message adds to the table's sentence. */
  readonly detail: string | undefined

  constructor(code: ErrorCode, detail?: string, options?: { cause?: unknown }) {
    const entry = CODES[code]
    super(`${entry.says}${detail ? `: ${detail}` : ''}; ${entry.fix} [${code}]`, options)
    this.code = code
    this.layer = entry.layer
    this.status = entry.status
    this.detail = detail
  }
}

/** Whether a value is a LockstepError, also one made by another copy of this package (branch on `code`, not on `instanceof`). */
export function isLockstepError(value: unknown): value is LockstepError {
  return (
    value instanceof Error &&
    value.name === 'LockstepError' &&
    'code' in value &&
    Object.hasOwn(CODES, String(value.code))
  )
}
