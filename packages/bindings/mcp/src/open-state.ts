import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { createMemoryAudit, openAuditLog } from '@lockstep/audit'
import { type AuditSink, type Clock, isLockstepError, LockstepError } from '@lockstep/core'
import { NONCE_KEY_BYTES } from '@lockstep/gateway'
import type { State } from '@lockstep/stores'
import { createMemoryState } from '@lockstep/stores/memory'
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

/** Lockstep's own state, and what is signed with the keys in it. */
export interface OpenedState extends Omit<State, 'keep'> {
  readonly signer: EnvelopeSigner
  /** The key of transaction tokens. */
  readonly txnKey: SigningKey
  /** The secret of DPoP nonces. */
  readonly nonceKey: Uint8Array
  readonly audit: AuditSink
}

/** What `openState` needs. */
export interface OpenStateOptions {
  /** `memory`, or a folder. */
  readonly state: string
  /** Where a relative folder starts from. */
  readonly base: string
  /** Names the audit log in its checkpoints. */
  readonly origin: string
  /** Replaces the log in the folder. */
  readonly audit?: AuditSink | undefined
  readonly clock: Clock
}

/**
 * Opens the state: in memory, or in a folder that this process locks. Keys in a folder are kept, so that what was signed
 * before a restart verifies after it.
 *
 * @throws LockstepError `state.locked`, `state.not-writable`, `state.unavailable`, `audit.tampered`, `audit.unavailable`
 */
export async function openState(options: OpenStateOptions): Promise<OpenedState> {
  const { state, base, origin, clock } = options
  const audit = options.audit && failClosed(options.audit)
  if (state === 'memory') {
    const memory = createMemoryState({ clock })
    const signer = await createEnvelopeSigner({ clock })
    const txnKey = await createSigningKey()
    return { ...memory, signer, txnKey, nonceKey: randomBytes(NONCE_KEY_BYTES), audit: audit ?? createMemoryAudit() }
  }
  const folder = await openStateFolder({ folder: resolve(base, state), clock })
  try {
    const kept = async (name: string, make: () => Promise<object>) =>
      JSON.parse(await folder.keep(name, async () => JSON.stringify(await make()))) as object
    const keptKey = async (name: string) =>
      importSigningKey(await kept(name, async () => exportSigningKey(await createSigningKey({ extractable: true }))))
    const signer = await createEnvelopeSigner({ keys: [await keptKey('capability-key')], clock })
    const txnKey = await keptKey('txn-token-key')
    const makeNonceKey = async () => randomBytes(NONCE_KEY_BYTES).toString('base64url')
    const nonceKey = Buffer.from(await folder.keep('nonce-key', makeNonceKey), 'base64url')
    if (audit) return { ...folder, signer, txnKey, nonceKey, audit }
    const key = await importCheckpointKey(
      await kept('audit-key', async () => (await createCheckpointKey()).exportJwk()),
    )
    const log = await openAuditLog({ folder: folder.auditFolder, origin, key, clock })
    const close = () => log.close().finally(() => folder.close())
    return { ...folder, signer, txnKey, nonceKey, audit: log, close }
  } catch (error) {
    await folder.close()
    throw error
  }
}

/** Whatever a sink rejects with, the step that needed it is denied with the log's own code. */
function failClosed(sink: AuditSink): AuditSink {
  return {
    async append(event) {
      try {
        await sink.append(event)
      } catch (error) {
        throw isLockstepError(error) ? error : new LockstepError('audit.unavailable', undefined, { cause: error })
      }
    },
  }
}
