import {
  type AuthorizedCall,
  type Caller,
  type Denial,
  digest,
  type IdempotencyRecord,
  type IdempotencyStore,
  type JsonObject,
  type Outcome,
  possessionOf,
  type ToolCall,
} from '@lockstep/core'
import { createOwedEnds, type OwedEnds } from './owed-ends.ts'

/** How long the answer to a key is kept, in milliseconds. */
const LIFETIME = 24 * 60 * 60 * 1000
const VERSION = 1
/** With the seconds after which it makes sense to ask again: most calls are done by then. */
const IN_PROGRESS: Denial = { code: 'invocation.in-progress', retryAfter: 1 }

/** The released answer of a call, and under which circumstances it was released. */
export interface KeptAnswer {
  readonly answer: JsonObject
  /** What the caller's permissions rested on (`authorityOf`). */
  readonly authority: string
  /** The caller's labels once it was released: whoever is given it again has them again. */
  readonly labels: readonly string[]
}

/** One call under one idempotency key. */
export interface Retry {
  /** The answer of the call that went before, or `undefined` when this is the first. */
  find(): Promise<Outcome<KeptAnswer | undefined>>
  /** Claims the key for this call; denies when another got there first. */
  reserve(call: AuthorizedCall): Promise<Denial | undefined>
  /** Keeps what was released. */
  commit(kept: KeptAnswer): Promise<void>
  /** Gives the key back: the call provably did not run. Never rejects: what the store cannot take now it is told later. */
  release(): Promise<void>
  /** The call may have run, and its answer was not kept: an operator is told. Never rejects. */
  abandon(): Promise<void>
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
  const name = digest([subject.issuer, subject.id, actor.id, possessionOf(proof), key])
  const what = digest([call.tool, call.argumentsDigest])
  let claimed = ''
  const owed = owedOf(store)
  const release = () => owed.end(name, claimed, 'release')
  return {
    async find() {
      await owed.settle(name)
      const record = await store.get(name)
      // It is there again, and is told what it missed.
      void owed.settleAll()
      if (!record) return { ok: true, value: undefined }
      const denial = conflict(record, what)
      if (denial) return { ok: false, denial }
      return { ok: true, value: record.state === 'committed' ? readKept(record.answer) : undefined }
    },
    async reserve({ id }) {
      claimed = id
      try {
        const standing = await store.reserve(name, { digest: what, call: id, expiresAt: clock() + LIFETIME })
        return standing && (conflict(standing, what) ?? IN_PROGRESS)
      } catch (error) {
        // The answer may be lost and the key reserved: this call does not run, and only its own reservation is given back.
        await release()
        throw error
      }
    },
    commit: ({ answer, authority, labels }) =>
      store.commit(name, JSON.stringify({ v: VERSION, answer, authority, labels })),
    release,
    abandon: () => owed.end(name, claimed, 'abandon'),
  }
}

const owedTo = new WeakMap<IdempotencyStore, OwedEnds>()

function owedOf(store: IdempotencyStore): OwedEnds {
  const known = owedTo.get(store) ?? createOwedEnds(store)
  owedTo.set(store, known)
  return known
}

/** An answer of another format was released under an authority that nobody knows: no caller has it. */
function readKept(text: string): KeptAnswer {
  const { v, ...kept } = JSON.parse(text) as KeptAnswer & { readonly v?: number }
  return v === VERSION ? kept : { answer: {}, authority: '', labels: [] }
}

function conflict({ state, digest: kept }: IdempotencyRecord, what: string): Denial | undefined {
  if (kept !== what) return { code: 'invocation.idempotency-mismatch' }
  if (state === 'reserved') return IN_PROGRESS
  if (state === 'unknown') return { code: 'invocation.outcome-unknown' }
  return undefined
}
