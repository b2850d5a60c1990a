import { type Clock, refuseUnknownOptions } from '@lockstep/core'
import { type CheckpointKey, type PublicJwk, readPublicJwk } from '@lockstep/tokens'

/** Options of `openAuditLog`. */
export interface AuditLogOptions {
  /** The folder of this log alone; it is created if it is missing. One process at a time may have it open. */
  readonly folder: string
  /** The name of the log, as it stands in every checkpoint. A log never changes its name. */
  readonly origin: string
  /** Signs the checkpoints. It must outlive the process, or the log will not open again. */
  readonly key: CheckpointKey
  /** Keys that signed earlier checkpoints of this log. @defaultValue none */
  readonly formerKeys?: readonly PublicJwk[] | undefined
  /** The instance's clock, in milliseconds since the epoch. */
  readonly clock: Clock
  /** Records between two checkpoints at most; an idle log is signed after a second in any case. @defaultValue 64 */
  readonly checkpointEvery?: number | undefined
  /** Records in one file. @defaultValue 100000 */
  readonly recordsPerFile?: number | undefined
}

const KNOWN = ['folder', 'origin', 'key', 'formerKeys', 'clock', 'checkpointEvery', 'recordsPerFile']

/** Checks the options and fills in the defaults. Throws `TypeError`. */
export function readOptions(options: AuditLogOptions): Required<AuditLogOptions> & {
  readonly formerKeys: readonly PublicJwk[]
  readonly checkpointEvery: number
  readonly recordsPerFile: number
} {
  refuseUnknownOptions(options, KNOWN, 'openAuditLog()')
  const { folder, origin, key, formerKeys = [], clock, checkpointEvery = 64, recordsPerFile = 100_000 } = options
  if (typeof folder !== 'string' || folder === '') throw misuse('`folder` must be a path')
  if (typeof origin !== 'string' || !/^[\x21-\x7e]{1,256}$/.test(origin)) {
    throw misuse('`origin` must be 1 to 256 printable ASCII characters without a space')
  }
  if (typeof key?.sign !== 'function' || typeof key.publicJwk !== 'function')
    throw misuse('`key` must be a checkpoint key')
  if (!Array.isArray(formerKeys) || !formerKeys.every((former) => readPublicJwk(former))) {
    throw misuse('`formerKeys` must be an array of public keys')
  }
  if (typeof clock !== 'function') throw misuse('`clock` must be a function that returns milliseconds')
  if (!isCount(checkpointEvery)) throw misuse('`checkpointEvery` must be a whole number from 1 to 1000000')
  if (!isCount(recordsPerFile)) throw misuse('`recordsPerFile` must be a whole number from 1 to 1000000')
  return { folder, origin, key, formerKeys, clock, checkpointEvery, recordsPerFile }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 1_000_000
}

function misuse(message: string): TypeError {
  return new TypeError(`openAuditLog(): ${message}`)
}
