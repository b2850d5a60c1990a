import { type Consumption, LockstepError, type SingleUse } from '@lockstep/core'

/** One use of a batch, until it is answered. */
export interface Asked {
  readonly use: SingleUse
  /** Hexadecimal. */
  readonly digest: string
  answer?: Consumption
}

/** What the statement says of a batch. Numbers of 64 bits are texts with some drivers. */
export interface BatchRow {
  /** Whether nothing in it is revoked, too late or too old: then all of it was inserted, but for what was there. */
  readonly passed: boolean | null
  /** What expires by then is too late. */
  readonly horizon: number | string | null
  /** When the table was born: what was issued before is too old. */
  readonly born: number | string | null
  /** The names in it that are revoked, as `name:until`, with commas. */
  readonly revoked: string | null
  /** How many were inserted. */
  readonly made: number
  /** Hexadecimal, with commas; null where all or none were inserted. */
  readonly digests: string | null
}

/**
 * Answers the members of a batch: all of them where it passed, else those that are the reason why it did not, at least one. Throws
 * `state.unavailable` for an answer that makes no sense, and nobody is answered then.
 */
export function answerBatch(asked: readonly Asked[], row: BatchRow): void {
  if (row.passed === true) answerPassed(asked, row)
  else if (!answerRefused(asked, row)) throw new LockstepError('state.unavailable', 'a batch was refused for no reason')
}

function answerPassed(asked: readonly Asked[], { made, digests }: BatchRow): void {
  const all = made === asked.length
  const inserted = new Set(digests?.split(','))
  // Of several in one batch with the same id, the first has it.
  for (const one of asked) one.answer = all || inserted.delete(one.digest) ? 'consumed' : 'used'
}

function answerRefused(asked: readonly Asked[], { horizon, born, revoked }: BatchRow): boolean {
  const until = new Map((revoked?.split(',') ?? []).map((one) => readRevoked(one)))
  let refused = false
  for (const one of asked) {
    const { issuedAt, expiresAt, standing } = one.use
    if (standing.some(({ name, issuedAt: at }) => at <= (until.get(name) ?? Number.NEGATIVE_INFINITY))) {
      one.answer = 'revoked'
    } else if (expiresAt <= Number(horizon) || issuedAt < Number(born)) one.answer = 'used'
    refused ||= one.answer !== undefined
  }
  return refused
}

function readRevoked(text: string): readonly [name: string, until: number] {
  const [name = '', until] = text.split(':')
  return [name, Number(until)]
}
