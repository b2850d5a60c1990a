import { LockstepError } from '@lockstep/core'
import type { PublicJwk } from '@lockstep/tokens'
import { type Checkpoint, isSignedCheckpoint } from './checkpoint.ts'
import { inspectLog, type LogFault, type TornLine } from './log/inspect-log.ts'
import { CHECKPOINTS } from './log/log-files.ts'
import { EMPTY_ROOT } from './merkle/tree-hash.ts'

/** What `verifyAuditLog` found. */
export type AuditVerification =
  | {
      readonly valid: true
      /** The number of records. */
      readonly size: number
      /** The RFC 6962 root over all of them, base64url. */
      readonly root: string
      /** The last signed head. */
      readonly checkpoint: Checkpoint
      /** How many records came after it: their own hashes fit, but nobody has signed them yet. */
      readonly unsigned: number
      /** Last lines that a crash cut off, or that are being written now. */
      readonly torn: readonly TornLine[]
    }
  | { readonly valid: false; readonly fault: LogFault }

/** Options of {@link verifyAuditLog}. */
export interface VerifyOptions {
  /**
   * A head of this log that was kept elsewhere. The log must still hold it: only so can it be seen that the end of a log was cut
   * off together with its last checkpoints. @defaultValue none
   */
  readonly witnessed?: Checkpoint | undefined
}

/**
 * Verifies a log from its files alone, also while it is being written: every record against its own hash, every checkpoint
 * against the keys and against all records before it. A fault names the file and the line, and the record when it is in one.
 *
 * Rejects with `audit.unavailable` when the files cannot be read, and with `TypeError` when `witnessed` is not signed by the keys.
 */
export async function verifyAuditLog(
  folder: string,
  publicKeys: readonly PublicJwk[],
  options: VerifyOptions = {},
): Promise<AuditVerification> {
  const { witnessed } = options
  if (witnessed && !isSignedCheckpoint(witnessed, publicKeys)) {
    throw new TypeError('verifyAuditLog(): `witnessed` is not signed by one of the keys')
  }
  let rootThen = witnessed?.size === 0 ? toText(EMPTY_ROOT) : undefined
  const { fault, frontier, checkpoint, torn } = await inspectLog(folder, publicKeys, (_record, _leaf, tree) => {
    if (tree.size === witnessed?.size) rootThen = toText(tree.root())
  }).catch((cause: unknown) => {
    throw new LockstepError('audit.unavailable', `\`${folder}\` cannot be read`, { cause })
  })
  if (fault) return { valid: false, fault }
  if (!checkpoint) return { valid: false, fault: { reason: 'checkpoint-missing', file: CHECKPOINTS, line: 1 } }
  if (witnessed && (rootThen !== witnessed.root || checkpoint.origin !== witnessed.origin)) {
    return { valid: false, fault: { reason: 'witness-differs', file: CHECKPOINTS, line: 1 } }
  }
  const { size } = frontier
  return { valid: true, size, root: toText(frontier.root()), checkpoint, unsigned: size - checkpoint.size, torn }
}

function toText(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64url')
}
