import { WRITE_DENIED } from './permitted-where.ts'

/**
 * Whether a database error means that the policy does not permit what a statement was to write. A statement that fails in the same words by
 * itself is told the same, and has written nothing either.
 */
export function isWriteDenied(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === INVALID_TEXT && error.message.includes(WRITE_DENIED)
}

/** SQLSTATE of a text that is not a value of the type it is cast to. */
const INVALID_TEXT = '22P02'
