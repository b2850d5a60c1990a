import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LockstepError } from '@lockstep/core'
import type { PublicJwk } from '@lockstep/tokens'
import { createFrontier, type Frontier } from '../merkle/frontier.ts'
import { type DurableFile, openDurableFile } from './durable-file.ts'
import { inspectLog, type LogInspection, type TornLine } from './inspect-log.ts'
import { CHECKPOINTS, listRecordsFiles, recordsFile } from './log-files.ts'

/** The open files of a log, cut back to what is good. */
export interface OpenFiles {
  readonly checkpoints: DurableFile
  readonly records: DurableFile
  /** The position of the first record in the open file of records. */
  readonly recordsFirst: number
  readonly tree: Frontier
  /** The size of the last signed head; undefined in a new log. */
  readonly signed: number | undefined
  /** What a crash had cut off; it was never acknowledged. */
  readonly torn: readonly TornLine[]
}

/**
 * Opens the files of a log to append to them, or makes them. An existing log is verified first: one that does not verify is left
 * as it is.
 *
 * Rejects with `audit.tampered`, or with the error of the file system.
 */
export async function openFiles(folder: string, keys: readonly PublicJwk[], origin: string): Promise<OpenFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await readdir(folder)
  const isNew = !found.includes(CHECKPOINTS) && (await listRecordsFiles(folder)).length === 0
  const log = isNew ? nothing() : await inspect(folder, keys)
  if (log.checkpoint && log.checkpoint.origin !== origin) {
    throw new LockstepError('audit.tampered', `\`${folder}\` is the log of another origin`)
  }
  const checkpoints = await openDurableFile(join(folder, CHECKPOINTS), isNew ? 'new' : log.checkpointBytes)
  try {
    const end = log.recordsEnd ?? {
      name: recordsFile(log.frontier.size),
      first: log.frontier.size,
      bytes: 'new' as const,
    }
    const records = await openDurableFile(join(folder, end.name), end.bytes)
    return {
      checkpoints,
      records,
      recordsFirst: end.first,
      tree: log.frontier,
      signed: log.checkpoint?.size,
      torn: log.torn,
    }
  } catch (error) {
    await checkpoints.close()
    throw error
  }
}

function nothing(): LogInspection {
  return { frontier: createFrontier(), torn: [], checkpointBytes: 0 }
}

async function inspect(folder: string, keys: readonly PublicJwk[]): Promise<LogInspection> {
  const log = await inspectLog(folder, keys)
  const { fault } = log
  // A process that died before it signed the empty log left no records either: nothing is lost.
  const unsignedAndEmpty = fault?.reason === 'checkpoint-missing' && log.frontier.size === 0
  if (fault && !unsignedAndEmpty) {
    const seq = fault.seq === undefined ? '' : `, record ${fault.seq}`
    throw new LockstepError(
      'audit.tampered',
      `${fault.reason} in \`${folder}\`, ${fault.file} line ${fault.line}${seq}`,
    )
  }
  return log
}
