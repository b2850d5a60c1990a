import { type Consumption, LockstepError, type SingleUse } from '@lockstep/core'

/** One use of a batch, until it is answered. */
export interface Asked {
  readonly use: SingleUse
  readonly digest: bigint
  answer?: Consumption
}

/** Why not all of a batch was inserted. Numbers of 64 bits are texts with some drivers. */
export interface BatchRow {
  /** What expires by then is too late. */
  readonly horizon: number | string | null
  /** When the table was born: what was issued before is too old. */
  readonly born: number | string | null
  /** The names in it that are revoked, as `name:until`, with commas. */
  readonly revoked: string | null
  /** The digests that this batch inserted, with commas. */
  readonly made: string | null
  /** The digests that are there, whoever inserted them, with commas. */
  readonly kept: string | null
}

/**
 * Answers those members of a batch of which it is known what became of them, at least one; for the rest, the company of the others is the
 * reason why they were not inserted. Throws `state.unavailable` for a row that makes no sense, and nobody is answered then.
 */
export function answerBatch(asked: readonly Asked[], inserted: number, { made, kept, ...row }: BatchRow): void {
  const ours = digestsOf(made)
  // What was lost since then may be inserted again.
  if (ours.size !== inserted) throw new LockstepError('state.unavailable', 'a batch is not what was inserted')
  const there = digestsOf(kept)
  const reasonFor = createReasons(row)
  for (const one of asked) {
    // Of several in one batch with the same id, the first has it.
    if (ours.delete(String(one.digest))) one.answer = 'consumed'
    else {
      const answer = reasonFor(one.use) ?? (there.has(String(one.digest)) ? 'used' : undefined)
      if (answer) one.answer = answer
    }
  }
  if (!asked.some(({ answer }) => answer)) {
    throw new LockstepError('state.unavailable', 'a batch was refused for no reason')
  }
}

function createReasons({ horizon, born, revoked }: Omit<BatchRow, 'made' | 'kept'>) {
  const until = new Map((revoked?.split(',') ?? []).map((one) => readRevoked(one)))
  return ({ issuedAt, expiresAt, standing }: SingleUse): Consumption | undefined => {
    if (standing.some(({ name, issuedAt: at }) => at <= (until.get(name) ?? Number.NEGATIVE_INFINITY))) return 'revoked'
    return expiresAt <= Number(horizon) || (born !== null && issuedAt < Number(born)) ? 'used' : undefined
  }
}

function digestsOf(text: string | null): Set<string> {
  return new Set(text?.split(','))
}

function readRevoked(text: string): readonly [name: string, until: number] {
  const [name = '', until] = text.split(':')
  return [name, Number(until)]
}
