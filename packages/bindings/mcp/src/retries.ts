import {
  type AuthorizedCall,
  type Caller,
  type Denial,
  digest,
  type IdempotencyRecord,
  type IdempotencyStore,
  type JsonObject,
  type Outcome,
  type ToolCall,
} from '@lockstep/core'

/** How long the answer to a key is kept, in milliseconds. */
const LIFETIME = 24 * 60 * 60 * 1000

/** One call under one idempotency key. */
export interface Retry {
  /** The released answer of the call that went before, or `undefined` when this is the first. */
  find(): Promise<Outcome<JsonObject | undefined>>
  /** Claims the key for this call; denies when another got there first. */
  reserve(call: AuthorizedCall): Promise<Denial | undefined>
  /** Keeps what was released. */
  commit(answer: JsonObject): Promise<void>
  /** Gives the key back: the call provably did not run. */
  release(): Promise<void>
}

/**
 * A retry after a lost answer carries the same key, by the same caller with the same proof key, for the same tool and arguments. The key is
 * looked up before anything is consumed, so that the answer can be fetched again without a second effect.
 */
export function createRetry(
  store: IdempotencyStore,
  clock: () => number,
  caller: Caller,
  key: string,
  call: Pick<ToolCall, 'tool' | 'argumentsDigest'>,
): Retry {
  const { subject, actor, proof } = caller
  const name = digest([subject.issuer, subject.id, actor.id, proof.thumbprint ?? '', key])
  const what = digest([call.tool, call.argumentsDigest])
  return {
    async find() {
      const record = await store.get(name)
      if (!record) return { ok: true, value: undefined }
      const denial = conflict(record, what)
      if (denial) return { ok: false, denial }
      return { ok: true, value: record.state === 'committed' ? (JSON.parse(record.answer) as JsonObject) : undefined }
    },
    async reserve({ id }) {
      const standing = await store.reserve(name, { digest: what, call: id, expiresAt: clock() + LIFETIME })
      return standing && (conflict(standing, what) ?? { code: 'invocation.in-progress' })
    },
    commit: (answer) => store.commit(name, JSON.stringify(answer)),
    release: () => store.release(name),
  }
}

function conflict({ state, digest: kept }: IdempotencyRecord, what: string): Denial | undefined {
  if (kept !== what) return { code: 'invocation.idempotency-mismatch' }
  if (state === 'reserved') return { code: 'invocation.in-progress' }
  if (state === 'unknown') return { code: 'invocation.outcome-unknown' }
  return undefined
}
