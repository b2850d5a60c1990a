import { refuseUnknownOptions } from '@lockstep/core'

/** How a transaction is opened. */
export interface OpenTransactionOptions {
  /** @defaultValue the database's own, which is `'read committed'` unless it was changed */
  readonly isolation?: 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable' | undefined
  /** @defaultValue the database's own, which is `'read write'` unless it was changed */
  readonly access?: 'read only' | 'read write' | undefined
}

/** How a function is run in a transaction. */
export interface TransactionOptions extends OpenTransactionOptions {
  /**
   * How many times the whole function is run again in a new transaction when PostgreSQL gave the transaction up to let another one through
   * (SQLSTATE 40001, 40P01). What the function did outside the database happens again as well.
   * @defaultValue 0
   */
  readonly retry?: number | undefined
}

const ISOLATION = ['read uncommitted', 'read committed', 'repeatable read', 'serializable']
const ACCESS = ['read only', 'read write']
const MOST_RETRIES = 10

/** Characteristics as `START TRANSACTION` takes them, from a closed list of words. Throws `TypeError`. */
export function readMode(options: OpenTransactionOptions): string {
  refuseUnknownOptions(options, ['isolation', 'access'], 'begin()')
  const { isolation, access } = options
  if (isolation !== undefined && !ISOLATION.includes(isolation))
    throw new TypeError('`isolation` is not a level of PostgreSQL')
  if (access !== undefined && !ACCESS.includes(access)) throw new TypeError("`access` is 'read only' or 'read write'")
  const level = isolation === undefined ? '' : ` ISOLATION LEVEL ${isolation.toUpperCase()}`
  return access === undefined ? level : `${level}${level && ','} ${access.toUpperCase()}`
}

/** Reads how many times is tried again. Throws `TypeError`. */
export function readRetry(retry: unknown): number {
  if (retry === undefined) return 0
  if (typeof retry !== 'number' || !Number.isInteger(retry) || retry < 0 || retry > MOST_RETRIES) {
    throw new TypeError(`\`retry\` is a whole number from 0 to ${MOST_RETRIES}`)
  }
  return retry
}
