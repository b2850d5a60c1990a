import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditLog, type AuditLogOptions, openAuditLog } from '@lockstep/audit'
import type { AuditEvent } from '@lockstep/core'
import { type CheckpointKey, createCheckpointKey } from '@lockstep/tokens'
import { afterAll } from 'vitest'

/** The name of the logs under test. */
const ORIGIN = 'test/audit'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** A folder that is removed when the file's tests are done. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-audit-'))
  folders.push(folder)
  return folder
}

/** The one key of a test file. */
export const key: CheckpointKey = await createCheckpointKey()

/** Opens a log with the test's key. */
export function open(folder: string, options: Partial<AuditLogOptions> = {}): Promise<AuditLog> {
  return openAuditLog({ folder, origin: ORIGIN, key, clock: () => 1_800_000_000_000, ...options })
}

/** An event that says which one it is. */
export function event(number: number, trace = 'a'.repeat(32)): AuditEvent {
  return { trace, step: 'invocation', outcome: 'permitted', subject: `user:${number}`, detail: { number } }
}

/** Opens a log, appends events one after the other or all at once, and closes it. */
export async function writeLog(folder: string, count: number, options: Partial<AuditLogOptions> = {}): Promise<void> {
  const log = await open(folder, options)
  for (let number = 0; number < count; number += 1) await log.append(event(number))
  await log.close()
}
