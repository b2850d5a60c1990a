import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { createMemoryAudit, openAuditLog } from '@lockstep/audit'
import { type AuditSink, type Clock, isLockstepError, LockstepError } from '@lockstep/core'
import { NONCE_KEY_BYTES } from '@lockstep/gateway'
import type { AuditPlace, State, StateSource } from '@lockstep/stores'
import { openMemoryState } from '@lockstep/stores/memory'
import { openStateFolder } from '@lockstep/stores/pglite'
import {
  createCheckpointKey,
  createEnvelopeSigner,
  createSigningKey,
  type EnvelopeSigner,
  exportSigningKey,
  importCheckpointKey,
  importSigningKey,
  type SigningKey,
} from '@lockstep/tokens'
import { boundPort } from './bound-port.ts'

/** Lockstep's own state, and what is signed with the keys in it. */
export interface OpenedState extends Omit<State, 'keep' | 'audit'> {
  readonly signer: EnvelopeSigner
  /** The key that is kept under a name, made the first time. Rejects with `state.unavailable`. */
  readonly keptKey: (name: string) => Promise<SigningKey>
  /** The 32 secret bytes in base64url that are kept under a name, made the first time. Rejects with `state.unavailable`. */
  readonly keptSecret: (name: string) => Promise<string>
  /** The secret of DPoP nonces. */
  readonly nonceKey: Uint8Array
  /** The secret that the states of requests are sealed with. */
  readonly grantKey: string
  readonly audit: AuditSink
}

/** What `openState` needs. */
export interface OpenStateOptions {
  /** `memory`, a folder, or what opens it. */
  readonly state: string | StateSource
  /** Where a relative folder starts from. */
  readonly base: string
  /** Names the audit log in its checkpoints. */
  readonly origin: string
  /** How long the feed of revocations may be silent, in milliseconds. */
  readonly bound: number
  /** Opens a shared state beside the instance that serves. See `StateSource`. */
  readonly beside?: string | undefined
  /** Replaces the log of the state. */
  readonly audit?: AuditSink | undefined
  readonly clock: Clock
  /** How long one answer of a store, or of the log, may take, in milliseconds. */
  readonly stateMs: number
}

/**
 * Opens the state: in memory, in a folder that this process locks, or wherever the source says. Keys are kept there, so that what was signed
 * before a restart, or by another instance over the same state, verifies.
 *
 * @throws LockstepError `state.*`, `audit.tampered`, `audit.unavailable`. Nothing stays open then.
 */
export async function openState(options: OpenStateOptions): Promise<OpenedState> {
  const { base, bound, beside, clock, stateMs } = options
  const { audit: place, ...state } = await sourceOf(options.state).open({ clock, base, bound, beside })
  try {
    const keptKey = async (name: string) =>
      importSigningKey(
        await keptJson(state, name, async () => exportSigningKey(await createSigningKey({ extractable: true }))),
      )
    const signer = await createEnvelopeSigner({ keys: [await keptKey('capability-key')], clock })
    const makeNonceKey = async () => randomBytes(NONCE_KEY_BYTES).toString('base64url')
    const nonceKey = Buffer.from(await state.keep('nonce-key', makeNonceKey), 'base64url')
    const keptSecret = (name: string) => state.keep(name, () => randomBytes(32).toString('base64url'))
    const grantKey = await keptSecret('grant-key')
    const log = options.audit || !place ? undefined : await openLog(place, options)
    const audit = options.audit ? failClosed(options.audit) : (log ?? createMemoryAudit())
    const close = () => (log ? log.close().finally(() => state.close()) : state.close())
    return {
      ...boundStores(state, stateMs),
      audit: boundPort(audit, stateMs, 'audit.unavailable'),
      signer,
      keptKey,
      nonceKey,
      grantKey,
      keptSecret,
      close,
    }
  } catch (error) {
    await state.close()
    throw error
  }
}

/** Tuples are read and written by the thousand, and the feed is never waited for. */
function boundStores<S extends Omit<State, 'audit'>>(state: S, ms: number): S {
  const bounded: Partial<State> = {}
  const bind = <K extends Bounded>(name: K) => {
    bounded[name] = boundPort<State[K]>(state[name], ms, 'state.unavailable')
  }
  for (const name of BOUNDED) bind(name)
  return { ...state, ...bounded }
}

const BOUNDED = [
  ...(['singleUse', 'revocations', 'history', 'spending', 'approvals', 'idempotency', 'jobs', 'rateLimiter'] as const),
]
type Bounded = (typeof BOUNDED)[number]

function sourceOf(state: string | StateSource): StateSource {
  if (typeof state !== 'string') return state
  if (state === 'memory') return { open: ({ clock }) => openMemoryState({ clock }) }
  return { open: ({ clock, base }) => openStateFolder({ folder: resolve(base, state), clock }) }
}

/** The log of this instance, and its key beside it: no two logs are signed with one key. */
async function openLog(place: AuditPlace, { origin, clock }: OpenStateOptions) {
  const make = async () => (await createCheckpointKey()).exportJwk()
  const key = await importCheckpointKey(await keptJson(place, 'audit-key', make))
  return openAuditLog({ folder: place.auditFolder, origin, key, clock })
}

async function keptJson({ keep }: Pick<State, 'keep'>, name: string, make: () => Promise<object>): Promise<object> {
  return JSON.parse(await keep(name, async () => JSON.stringify(await make()))) as object
}

/** Whatever a sink rejects with, the step that needed it is denied with the log's own code. */
function failClosed(sink: AuditSink): AuditSink {
  const fail = (error: unknown): never => {
    throw isLockstepError(error) ? error : new LockstepError('audit.unavailable', undefined, { cause: error })
  }
  return {
    append(event) {
      try {
        return Promise.resolve(sink.append(event)).catch(fail)
      } catch (error) {
        return Promise.reject(error).catch(fail)
      }
    },
  }
}
