import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PublicJwk } from '@lockstep/tokens'
import { type AuditRecord, decodeRecord, MOST_RECORD_BYTES } from '../audit-record.ts'
import { type Checkpoint, decodeCheckpoint, isSignedCheckpoint } from '../checkpoint.ts'
import { createFrontier, type Frontier } from '../merkle/frontier.ts'
import { CHECKPOINTS, listRecordsFiles, recordsFile } from './log-files.ts'
import { type Line, readLines } from './read-lines.ts'

const MOST_LINE_BYTES = MOST_RECORD_BYTES * 2

/** A place in the log's folder. */
export interface LogPlace {
  readonly file: string
  /** The line, from one. */
  readonly line: number
}

/** A last line that a crash cut off, or that is being written now. It was never acknowledged. */
export interface TornLine extends LogPlace {
  readonly bytes: number
}

/** The first thing in the log that is not as it was written. */
export interface LogFault extends LogPlace {
  readonly reason:
    | 'checkpoint-missing'
    | 'checkpoint-malformed'
    | 'checkpoint-signature'
    | 'checkpoint-order'
    | 'record-changed'
    | 'record-missing'
    | 'records-rewritten'
    | 'witness-differs'
  /** The record, unless the fault is in the checkpoints. */
  readonly seq?: number
  /** For `records-rewritten`: the last record that may be concerned; the first is `seq`. */
  readonly through?: number
}

/** What stands in a log's folder, as far as it is good. */
export interface LogInspection {
  readonly fault?: LogFault
  readonly frontier: Frontier
  readonly checkpoint?: Checkpoint
  readonly torn: readonly TornLine[]
  /** The last file of records and how many of its bytes are good; absent when there is none. */
  readonly recordsEnd?: { readonly name: string; readonly first: number; readonly bytes: number }
  readonly checkpointBytes: number
}

/**
 * Reads a whole log and holds it against its signed checkpoints. Every record passes `visit` before it is known whether the log is
 * good. Rejects with the error of the file system, for example ENOENT.
 */
export async function inspectLog(
  folder: string,
  publicKeys: readonly PublicJwk[],
  visit: (record: AuditRecord, leaf: Buffer, tree: Frontier) => void = () => undefined,
): Promise<LogInspection> {
  // Checkpoints first: while the log grows, the records read later are never fewer than these say.
  const heads = await readCheckpoints(folder, publicKeys)
  const frontier = createFrontier()
  const base = { frontier, checkpointBytes: heads.bytes }
  if (heads.fault) return { ...base, fault: heads.fault, torn: [] }

  const pending = [...heads.checkpoints]
  let checkpoint: Checkpoint | undefined
  const torn = heads.torn ? [heads.torn] : []
  let end: LogInspection['recordsEnd']
  let place: LogPlace = { file: recordsFile(0), line: 0 }

  const fault = (reason: LogFault['reason'], at: LogPlace, seq: number, through?: number): LogInspection => ({
    ...base,
    fault: { reason, file: at.file, line: at.line, seq, ...(through !== undefined && { through }) },
    torn,
    ...(end && { recordsEnd: end }),
    ...(checkpoint && { checkpoint }),
  })
  /** Holds the tree against every checkpoint of its present size. */
  const agrees = (): boolean => {
    for (let head = pending[0]; head?.size === frontier.size; head = pending[0]) {
      if (head.root !== Buffer.from(frontier.root()).toString('base64url')) return false
      checkpoint = head
      pending.shift()
    }
    return true
  }

  if (!agrees()) return fault('records-rewritten', place, 0, 0)
  const files = await listRecordsFiles(folder)
  for (const [index, file] of files.entries()) {
    if (file.first !== frontier.size) return fault('record-missing', { file: file.name, line: 1 }, frontier.size)
    end = { name: file.name, first: file.first, bytes: 0 }
    for await (const line of readLines(join(folder, file.name), MOST_LINE_BYTES)) {
      place = { file: file.name, line: line.number }
      const seq = frontier.size
      if (!line.whole && index === files.length - 1 && pending.length === 0 && line.bytes.length <= MOST_LINE_BYTES) {
        torn.push({ ...place, bytes: line.bytes.length })
        break
      }
      const decoded = line.whole ? decodeRecord(line.bytes, seq) : undefined
      if (!decoded) return fault('record-changed', place, seq)
      frontier.append(decoded.leaf)
      visit(decoded.record, decoded.leaf, frontier)
      end = { name: file.name, first: file.first, bytes: endOf(line) }
      if (!agrees()) {
        const from = checkpoint?.size ?? 0
        return fault('records-rewritten', place, from, seq)
      }
    }
  }
  if (pending.length > 0) return fault('record-missing', { ...place, line: place.line + 1 }, frontier.size)
  if (!checkpoint) return { ...base, fault: { reason: 'checkpoint-missing', file: CHECKPOINTS, line: 1 }, torn }
  return { ...base, checkpoint, torn, ...(end && { recordsEnd: end }) }
}

function endOf(line: Line): number {
  return line.start + line.bytes.length + 1
}

interface Checkpoints {
  readonly checkpoints: readonly Checkpoint[]
  readonly bytes: number
  readonly torn?: TornLine
  readonly fault?: LogFault
}

async function readCheckpoints(folder: string, publicKeys: readonly PublicJwk[]): Promise<Checkpoints> {
  const checkpoints: Checkpoint[] = []
  let bytes = 0
  if (!(await readdir(folder)).includes(CHECKPOINTS)) return { checkpoints, bytes }
  for await (const line of readLines(join(folder, CHECKPOINTS), MOST_LINE_BYTES)) {
    const place = { file: CHECKPOINTS, line: line.number }
    const fault = (reason: LogFault['reason']): Checkpoints => ({ checkpoints, bytes, fault: { reason, ...place } })
    if (!line.whole) return { checkpoints, bytes, torn: { ...place, bytes: line.bytes.length } }
    const checkpoint = decodeCheckpoint(line.bytes)
    if (!checkpoint) return fault('checkpoint-malformed')
    if (!isSignedCheckpoint(checkpoint, publicKeys)) return fault('checkpoint-signature')
    const last = checkpoints.at(-1)
    if (last && (checkpoint.size < last.size || checkpoint.origin !== last.origin)) return fault('checkpoint-order')
    checkpoints.push(checkpoint)
    bytes = endOf(line)
  }
  return { checkpoints, bytes }
}
