import { spawn } from 'node:child_process'
import { appendFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readRecords, verifyAuditLog } from '@lockstep/audit'
import type { AuditEvent } from '@lockstep/core'
import { createCheckpointKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { event, key, newFolder, open, writeLog } from './log-folder.ts'

const keys = [key.publicJwk()]
const FIRST = 'records-000000000000.jsonl'

async function subjects(folder: string): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = []
  for await (const { record } of readRecords(folder)) found.push(record.subject)
  return found
}

test(proves('state:audit:durable', 'what was acknowledged is in the file, in order, in one write'), async () => {
  const folder = await newFolder()
  const log = await open(folder)
  await Promise.all(Array.from({ length: 500 }, (_, number) => log.append(event(number))))
  expect(await subjects(folder)).toEqual(Array.from({ length: 500 }, (_, number) => `user:${number}`))
  expect(await verifyAuditLog(folder, keys), 'also while it is open').toMatchObject({ valid: true, size: 500 })
  await log.close()
  expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, size: 500, unsigned: 0 })
})

test(proves('state:audit:durable', 'a killed process loses nothing that was acknowledged'), async () => {
  const folder = await newFolder()
  const jwk = key.exportJwk()
  const script = `
    import { openAuditLog } from '@lockstep/audit'
    import { importCheckpointKey } from '@lockstep/tokens'
    const key = await importCheckpointKey(${JSON.stringify(jwk)})
    const log = await openAuditLog({ folder: ${JSON.stringify(folder)}, origin: 'test/audit', key, clock: Date.now, checkpointEvery: 7 })
    for (let number = 0; ; number += 1) {
      await log.append({ trace: 'a'.repeat(32), step: 'system', outcome: 'completed', subject: 'user:' + number })
      process.stdout.write(number + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let acknowledged = ''
  await new Promise((done) => {
    child.stdout.on('data', (chunk) => {
      acknowledged += chunk
      if (acknowledged.length > 400) child.kill('SIGKILL')
    })
    child.once('exit', done)
  })
  const last = Number(acknowledged.split('\n').at(-2))
  expect(last).toBeGreaterThan(50)
  const log = await open(folder)
  expect(log.size).toBeGreaterThan(last)
  await log.append(event(-1))
  await log.close()
  const found = await subjects(folder)
  expect(found.slice(0, last + 1)).toEqual(Array.from({ length: last + 1 }, (_, number) => `user:${number}`))
  expect(found.at(-1)).toBe('user:-1')
  expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, unsigned: 0, torn: [] })
})

test(proves('state:audit:torn'), async () => {
  const folder = await newFolder()
  await writeLog(folder, 3)
  const whole = (await stat(join(folder, FIRST))).size
  await appendFile(join(folder, FIRST), '{"v":1,"seq":3,"at":18000')
  await appendFile(join(folder, 'checkpoints.jsonl'), '{"v":1,"ori')
  const torn = [
    { file: 'checkpoints.jsonl', line: 3, bytes: 11 },
    { file: FIRST, line: 4, bytes: 25 },
  ]
  expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, size: 3, torn })
  expect(await subjects(folder)).toHaveLength(3)
  const log = await open(folder)
  expect(log.torn).toEqual(torn)
  expect((await stat(join(folder, FIRST))).size).toBe(whole)
  await log.append(event(3))
  await log.close()
  expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, size: 4, torn: [] })
})

test(proves('state:audit:unavailable', 'folder removed, and back again'), async () => {
  const folder = await newFolder()
  const log = await open(join(folder, 'log'))
  await log.append(event(0))
  await rename(join(folder, 'log'), join(folder, 'away'))
  await expect(log.append(event(1))).rejects.toMatchObject({ code: 'audit.unavailable' })
  await expect(Promise.all([log.append(event(2)), log.append(event(3))])).rejects.toMatchObject({
    code: 'audit.unavailable',
  })
  await rename(join(folder, 'away'), join(folder, 'log'))
  await log.append(event(4))
  await log.close()
  expect(await subjects(join(folder, 'log')), 'nothing refused is in the log').toEqual(['user:0', 'user:4'])
  expect(await verifyAuditLog(join(folder, 'log'), keys)).toMatchObject({ valid: true, size: 2 })
})

test(proves('state:audit:unavailable', 'closed right after a failure'), async () => {
  const folder = await newFolder()
  const log = await open(join(folder, 'log'))
  await log.append(event(0))
  await rename(join(folder, 'log'), join(folder, 'away'))
  await expect(log.append(event(1))).rejects.toMatchObject({ code: 'audit.unavailable' })
  await rename(join(folder, 'away'), join(folder, 'log'))
  expect(await subjects(join(folder, 'log')), 'it went into the file that was away').toEqual(['user:0', 'user:1'])
  await log.close()
  expect(await subjects(join(folder, 'log'))).toEqual(['user:0'])
  const again = await open(join(folder, 'log'))
  expect(again.size).toBe(1)
  await again.close()
})

test(proves('state:audit:unavailable', 'a full disk'), async () => {
  const folder = await newFolder()
  const script = `
    import { openAuditLog } from '@lockstep/audit'
    import { importCheckpointKey } from '@lockstep/tokens'
    const key = await importCheckpointKey(${JSON.stringify(key.exportJwk())})
    const log = await openAuditLog({ folder: ${JSON.stringify(folder)}, origin: 'test/audit', key, clock: Date.now })
    let written = 0
    let code
    while (!code) {
      await log.append({ trace: 'a'.repeat(32), step: 'system', outcome: 'completed' }).then(() => written++, (e) => { code = e.code })
    }
    process.stdout.write(JSON.stringify({ written, code, size: log.size }))`
  // A limit on the size of a file fails a write in the middle of a line, as a full disk does.
  const child = spawn('sh', ['-c', 'ulimit -f 20 && exec "$0" --input-type=module -e "$1"', process.execPath, script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  await new Promise((done) => child.once('exit', done))
  const { written, code, size } = JSON.parse(said)
  expect(code).toBe('audit.unavailable')
  expect(size).toBe(written)
  const log = await open(folder)
  expect(log.size).toBe(written)
  await log.append(event(0))
  await log.close()
  expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, size: written + 1, unsigned: 0 })
})

test(proves('state:audit:unavailable', 'somebody else writes'), async () => {
  const folder = await newFolder()
  const log = await open(folder)
  await log.append(event(0))
  await appendFile(join(folder, FIRST), 'x\n')
  const before = await readFile(join(folder, FIRST), 'utf8')
  await expect(log.append(event(1))).rejects.toMatchObject({ code: 'audit.unavailable' })
  await expect(log.append(event(2))).rejects.toMatchObject({ code: 'audit.unavailable' })
  expect((await readFile(join(folder, FIRST), 'utf8')).startsWith(before), 'what they wrote is left').toBe(true)
  await log.close()
})

test(proves('state:audit:unavailable', 'a record that is too large or not JSON, alone'), async () => {
  const folder = await newFolder()
  const log = await open(folder)
  const large = log.append({ ...event(0), tool: 'x'.repeat(70_000) })
  const circular: AuditEvent & { detail: Record<string, never> } = { ...event(1), detail: {} }
  Object.assign(circular.detail, { self: circular.detail })
  const refused = [large, log.append(circular)].map((append) =>
    expect(append).rejects.toMatchObject({ code: 'audit.unavailable' }),
  )
  await Promise.all([...refused, log.append(event(2))])
  await log.close()
  await expect(log.append(event(3)), 'closed').rejects.toMatchObject({ code: 'audit.unavailable' })
  expect(await subjects(folder)).toEqual(['user:2'])
})

test(proves('state:audit:unavailable', 'a folder that cannot be used'), async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'file'), '')
  await expect(open(join(folder, 'file'))).rejects.toMatchObject({ code: 'audit.unavailable' })
})

test(proves('state:audit:key', 'a new key opens an old log only with the former one'), async () => {
  const folder = await newFolder()
  await writeLog(folder, 2)
  const next = await createCheckpointKey()
  await expect(open(folder, { key: next })).rejects.toMatchObject({ code: 'audit.tampered' })
  await writeLog(folder, 2, { key: next, formerKeys: keys })
  expect(await verifyAuditLog(folder, [...keys, next.publicJwk()])).toMatchObject({ valid: true, size: 4 })
  await expect(open(folder, { key: next, formerKeys: keys, origin: 'another' })).rejects.toMatchObject({
    code: 'audit.tampered',
  })
  await rm(join(folder, 'checkpoints.jsonl'))
  await expect(open(folder), 'records without any signed head').rejects.toMatchObject({ code: 'audit.tampered' })
})
