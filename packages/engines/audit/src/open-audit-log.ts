import { join } from 'node:path'
import { type AuditEvent, type AuditSink, freshId, isLockstepError, LockstepError } from '@lockstep/core'
import { type AuditLogOptions, readOptions } from './audit-log-options.ts'
import { type EncodedRecord, encodeRecord, MOST_RECORD_BYTES, makeRecord } from './audit-record.ts'
import { encodeCheckpoint, signCheckpoint } from './checkpoint.ts'
import { openDurableFile } from './log/durable-file.ts'
import type { TornLine } from './log/inspect-log.ts'
import { recordsFile } from './log/log-files.ts'
import { openFiles } from './log/open-files.ts'
import { publishKeys } from './published-keys.ts'

/** An open audit log. */
export interface AuditLog extends AuditSink {
  /** The number of durable records. */
  readonly size: number
  /** What a crash had cut off and opening removed; it was never acknowledged. */
  readonly torn: readonly TornLine[]
  /** Signs everything that is durable now. Rejects with `audit.unavailable`. */
  checkpoint(): Promise<void>
  /** Writes what is waiting, signs it, and closes. Afterwards every append rejects. */
  close(): Promise<void>
}

interface Waiting {
  readonly event: AuditEvent
  /** When it was handed in, not when it was written. */
  readonly at: number
  readonly resolve: () => void
  readonly reject: (error: LockstepError) => void
}

const IDLE_MS = 1000
/** Bounds the memory of one write; what waits beyond it goes into the next. */
const MOST_PER_WRITE = 1024

/**
 * Opens an append-only Merkle log in a folder, or makes it. Appends that wait at the same time share one write and one flush to
 * disk; each resolves when its record is durable. Nothing is acknowledged that is not on disk, and what could not be written is not
 * in the log. The public keys are published beside the log, in `keys.json`.
 *
 * Rejects with `audit.tampered` when an existing log does not verify (it is left as it is) and with `audit.unavailable` when the
 * folder cannot be used. `append` rejects with `audit.unavailable`: disk full, folder removed, record too large, log closed.
 *
 * @example
 * ```ts
 * import { openAuditLog } from '@lockstep/audit'
 * import { systemClock } from '@lockstep/core'
 * import { createCheckpointKey } from '@lockstep/tokens'
 *
 * const key = await createCheckpointKey()
 * const log = await openAuditLog({ folder: '.lockstep/audit', origin: 'example/audit', key, clock: systemClock })
 * await log.append({ trace: '0af7651916cd43dd8448eb211c80319c', step: 'gateway', outcome: 'permitted' })
 * await log.close()
 * ```
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { folder, origin, key, formerKeys, clock, checkpointEvery, recordsPerFile } = readOptions(options)
  const keys = [key.publicJwk(), ...formerKeys]
  const files = await openFiles(folder, keys, origin).catch((cause: unknown) => {
    throw isLockstepError(cause) ? cause : unavailable(`\`${folder}\` cannot be used`, cause)
  })
  const { checkpoints, tree } = files
  let { records, recordsFirst, signed } = files
  let waiting: Waiting[] = []
  let idle: NodeJS.Timeout | undefined
  let closing: Promise<void> | undefined
  // One job at a time touches the files.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const done = last.then(job)
    last = done.catch(() => undefined)
    return done
  }

  async function sign(): Promise<void> {
    const { size } = tree
    if (signed === size) return
    const root = Buffer.from(tree.root()).toString('base64url')
    const checkpoint = signCheckpoint({ v: 1, origin, size, root, at: clock(), kid: key.kid }, key)
    await checkpoints.append(encodeCheckpoint(checkpoint))
    signed = size
  }

  function isDue(): boolean {
    return tree.size - (signed ?? 0) >= checkpointEvery
  }

  async function rotate(): Promise<void> {
    if (tree.size - recordsFirst < recordsPerFile) return
    const next = await openDurableFile(join(folder, recordsFile(tree.size)), 'new')
    await records.close()
    records = next
    recordsFirst = tree.size
  }

  async function writeBatch(): Promise<void> {
    const batch = waiting.slice(0, MOST_PER_WRITE)
    waiting = waiting.slice(MOST_PER_WRITE)
    if (waiting.length > 0) void inTurn(writeBatch)
    const accepted: { readonly waiter: Waiting; readonly encoded: EncodedRecord }[] = []
    for (const waiter of batch) {
      const encoded = encode(waiter, tree.size + accepted.length)
      if (encoded) accepted.push({ waiter, encoded })
      else waiter.reject(unavailable('the record is too large, or is not JSON'))
    }
    if (accepted.length === 0) return
    try {
      // An overdue checkpoint comes first: a log that cannot be signed takes no more records.
      if (isDue()) await sign()
      await rotate()
      await records.append(Buffer.concat(accepted.map(({ encoded }) => encoded.line)))
    } catch (cause) {
      for (const { waiter } of accepted) waiter.reject(unavailable('the log cannot be written', cause))
      return
    }
    // INVARIANT: the tree grows only by what is on disk.
    for (const { encoded } of accepted) tree.append(encoded.leaf)
    for (const { waiter } of accepted) waiter.resolve()
    if (isDue()) await sign().catch(() => undefined)
    idle?.refresh()
    idle ??= setTimeout(() => void inTurn(sign).catch(() => undefined), IDLE_MS).unref()
  }

  function encode({ event, at }: Waiting, seq: number): EncodedRecord | undefined {
    try {
      const encoded = encodeRecord(makeRecord(event, seq, at, freshId('base64url')))
      return encoded.line.length <= MOST_RECORD_BYTES ? encoded : undefined
    } catch {
      return undefined
    }
  }

  const log: AuditLog = {
    get size() {
      return tree.size
    },
    torn: files.torn,
    append(event) {
      if (closing) return Promise.reject(unavailable('the log is closed'))
      return new Promise((resolve, reject) => {
        waiting.push({ event, at: clock(), resolve, reject })
        if (waiting.length === 1) void inTurn(writeBatch)
      })
    },
    async checkpoint() {
      await inTurn(sign).catch((cause: unknown) => {
        throw unavailable('the log cannot be signed', cause)
      })
    },
    close() {
      clearTimeout(idle)
      closing ??= inTurn(sign)
        .catch((cause: unknown) => {
          throw unavailable('the log cannot be signed', cause)
        })
        .finally(() => Promise.allSettled([records.close(), checkpoints.close()]))
      return closing
    },
  }
  try {
    await publishKeys(folder, keys)
    await sign()
  } catch (cause) {
    await Promise.allSettled([records.close(), checkpoints.close()])
    throw unavailable(`\`${folder}\` cannot be written`, cause)
  }
  return log
}

function unavailable(detail: string, cause?: unknown): LockstepError {
  return new LockstepError('audit.unavailable', detail, cause === undefined ? undefined : { cause })
}
