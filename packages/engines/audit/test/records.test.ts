import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createMemoryAudit, readTrace, saltDigest, verifyAuditLog } from '@lockstep/audit'
import type { AuditEvent } from '@lockstep/core'
import { expect, test } from 'vitest'
import { PATIENT } from '../../../../test/patient.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { event, key, newFolder, open } from './log-folder.ts'

const TRACE = 'b'.repeat(32)

test(proves('state:audit:trace'), async () => {
  const folder = await newFolder()
  const log = await open(folder)
  const steps = ['gateway', 'discovery', 'invocation', 'execution', 'response'] as const
  for (const step of steps) {
    await log.append({ trace: TRACE, step, outcome: 'permitted', subject: 'user:alice', actor: 'agent', tool: 'pay' })
    await log.append(event(1))
  }
  await log.close()
  const chain = await readTrace(folder, TRACE)
  expect(chain.map((record) => record.step)).toEqual(steps)
  expect(chain.map((record) => record.seq)).toEqual([0, 2, 4, 6, 8])
  expect(chain[0]).toMatchObject({ v: 1, at: 1_800_000_000_000, subject: 'user:alice', actor: 'agent', tool: 'pay' })
  expect(await readTrace(folder, 'c'.repeat(32))).toEqual([])
  await expect(readTrace(join(folder, 'absent'), TRACE)).rejects.toMatchObject({ code: 'audit.unavailable' })
})

test(proves('state:audit:salted'), async () => {
  const folder = await newFolder()
  const log = await open(folder)
  const call: AuditEvent = { ...event(0, TRACE), detail: { rows: 2, digests: { arguments: 'the digest' } } }
  await Promise.all([log.append(call), log.append(call)])
  await log.close()
  const [first, second] = await readTrace(folder, TRACE)
  expect(first?.salt).toMatch(/^[\w-]{22}$/)
  expect(first?.salt).not.toBe(second?.salt)
  expect(first?.detail?.digests).not.toEqual(second?.detail?.digests)
  expect(first?.detail).toEqual({ rows: 2, digests: { arguments: saltDigest(first?.salt ?? '', 'the digest') } })
  expect(await readFile(join(folder, 'records-000000000000.jsonl'), 'utf8')).not.toContain('the digest')
})

test('only declared members of an event are recorded', async () => {
  const folder = await newFolder()
  const log = await open(folder)
  const chatty: AuditEvent = Object.assign(event(0, TRACE), { accessToken: 'secret', seq: 77, v: 9 })
  await log.append(chatty)
  await log.close()
  expect(await readFile(join(folder, 'records-000000000000.jsonl'), 'utf8')).not.toContain('secret')
  expect(await verifyAuditLog(folder, [key.publicJwk()])).toMatchObject({ valid: true, size: 1 })
})

test('an idle log is signed by itself', async () => {
  const folder = await newFolder()
  const log = await open(folder)
  await log.append(event(0))
  await expect
    .poll(() => verifyAuditLog(folder, [key.publicJwk()]), PATIENT)
    .toMatchObject({ valid: true, size: 1, unsigned: 0 })
  await log.append(event(1))
  await log.checkpoint()
  expect(await verifyAuditLog(folder, [key.publicJwk()])).toMatchObject({ valid: true, size: 2, unsigned: 0 })
  await log.close()
})

test('misuse is refused before anything is touched', async () => {
  const folder = join(await newFolder(), 'never')
  await expect(open(folder, { origin: 'two words' })).rejects.toThrow(TypeError)
  await expect(open(folder, { checkpointEvery: 0 })).rejects.toThrow(TypeError)
  await expect(open(folder, JSON.parse('{"checkpointevery":5}'))).rejects.toThrow('unknown option `checkpointevery`')
  await expect(open(folder, JSON.parse('{"key":{}}'))).rejects.toThrow(TypeError)
  await expect(readTrace(folder, TRACE)).rejects.toMatchObject({ code: 'audit.unavailable' })
})

test('the memory sink keeps copies', async () => {
  const audit = createMemoryAudit()
  const sent = { ...event(0), detail: { rows: 1 } }
  await audit.append(sent)
  sent.detail.rows = 2
  expect(audit.events).toMatchObject([{ subject: 'user:0', detail: { rows: 1 } }])
})
