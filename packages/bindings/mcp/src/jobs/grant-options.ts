import type { JsonObject } from '@lockstep/core'
import { refuseUnknownOptions } from '@lockstep/core'

/** What work after the answer is granted for. */
export interface GrantOptions {
  /** What it is for, in 1 to 200 visible characters: operators and the audit log read it. */
  readonly purpose: string
  /** For how many milliseconds it may be started, at most 30 days. @defaultValue 3600000 (an hour) */
  readonly expiresIn?: number | undefined
  /** How often it may be started, 1 to 100: retries of a queue count. @defaultValue 3 */
  readonly maxStarts?: number | undefined
  /**
   * The declared tool that the job is decided as, now and at each start, where it is not the one that was called: for work that the call itself
   * makes impossible to permit again. @defaultValue the call's own tool and arguments
   */
  readonly tool?: string | undefined
  /** The arguments of `tool`. @defaultValue none */
  readonly arguments?: JsonObject | undefined
  /** Tools of other services that the job may call with a transaction token. @defaultValue none */
  readonly tools?: readonly string[] | undefined
}

/** Grant options with every default filled in. */
export interface GrantTerms {
  readonly purpose: string
  readonly expiresIn: number
  readonly mostStarts: number
  readonly tools: readonly string[]
}

const KEYS = ['purpose', 'expiresIn', 'maxStarts', 'tool', 'arguments', 'tools']
const PURPOSE = /^[\p{L}\p{N}\p{P}\p{Zs}]{1,200}$/u
const HOUR = 3_600_000
/** The longest life of a grant, in milliseconds: 30 days. */
export const LONGEST_GRANT_MS: number = 30 * 24 * HOUR
const MOST_STARTS = 100

/** Checks what a grant is asked for. Throws `TypeError` for what cannot be meant. */
export function checkGrantOptions(options: GrantOptions, declared: readonly string[]): GrantTerms {
  refuseUnknownOptions(options, KEYS, 'lockstep.grant()')
  const { purpose, expiresIn = HOUR, maxStarts: mostStarts = 3, tool, arguments: given, tools = [] } = options
  if (typeof purpose !== 'string' || !PURPOSE.test(purpose)) {
    throw new TypeError('`purpose` must be 1 to 200 visible characters')
  }
  if (!Number.isSafeInteger(expiresIn) || expiresIn < 1 || expiresIn > LONGEST_GRANT_MS) {
    throw new TypeError('`expiresIn` must be whole milliseconds, at most 30 days')
  }
  if (!Number.isSafeInteger(mostStarts) || mostStarts < 1 || mostStarts > MOST_STARTS) {
    throw new TypeError(`\`maxStarts\` must be 1 to ${MOST_STARTS}`)
  }
  if (given !== undefined && tool === undefined) throw new TypeError('`arguments` need a `tool`')
  for (const name of tool === undefined ? tools : [tool, ...tools]) {
    if (!declared.includes(name)) throw new TypeError('a tool is not declared')
  }
  return { purpose, expiresIn, mostStarts, tools }
}
