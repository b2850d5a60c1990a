import { WRITE_DENIED } from './permitted-where.ts'

/**
 * Whether a database error means that the policy does not permit what a statement was to write. A statement that fails in the same words by
 * itself is told the same, and has written nothing either.
 */
export function isWriteDenied(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  if (error.code === INVALID_TEXT) return error.message.includes(WRITE_DENIED)
  // the floor comes first where there is one: a new row that its policies do not permit
  return error.code === NO_PRIVILEGE && 'routine' in error && error.routine === 'ExecWithCheckOptions'
}

/** SQLSTATE of what a role may not do. */
const NO_PRIVILEGE = '42501'

/** SQLSTATE of a text that is not a value of the type it is cast to. */
const INVALID_TEXT = '22P02'
