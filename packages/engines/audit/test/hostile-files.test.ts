import { cp, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyAuditLog } from '@lockstep/audit'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { event, key, newFolder, open, writeLog } from './log-folder.ts'

const keys = [key.publicJwk()]
const FIRST = 'records-000000000000.jsonl'
const UNAVAILABLE = { code: 'audit.unavailable' }

test(proves('state:audit:unavailable', 'the file was replaced by a copy of itself'), async () => {
  const folder = await newFolder()
  const log = await open(folder)
  await log.append(event(0))
  await cp(join(folder, FIRST), join(folder, 'copy'))
  await rename(join(folder, 'copy'), join(folder, FIRST))
  await expect(log.append(event(1)), 'it would go into a file without a name').rejects.toMatchObject(UNAVAILABLE)
  await log.close()
  expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, size: 1 })
})

test(proves('state:audit:unavailable', 'an overdue checkpoint cannot be signed'), async () => {
  const folder = await newFolder()
  let broken = false
  const sign: typeof key.sign = (bytes) => {
    if (broken) throw new Error('the key is gone')
    return key.sign(bytes)
  }
  const log = await open(folder, { key: { ...key, sign }, checkpointEvery: 2 })
  broken = true
  await log.append(event(0))
  await log.append(event(1))
  await expect(log.append(event(2))).rejects.toMatchObject(UNAVAILABLE)
  expect(log.size).toBe(2)
  broken = false
  await log.append(event(3))
  await log.close()
  expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, size: 3, unsigned: 0 })
})

test(proves('state:audit:flipped-byte', 'records that changed places before anybody signed them'), async () => {
  const folder = await newFolder()
  await writeLog(folder, 4, { checkpointEvery: 2 })
  const checkpoints = join(folder, 'checkpoints.jsonl')
  const signed = (await readFile(checkpoints, 'utf8')).split('\n').filter((line) => line && JSON.parse(line).size <= 2)
  await writeFile(checkpoints, `${signed.join('\n')}\n`)
  expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, size: 4, unsigned: 2 })
  const [one, two, three, four] = (await readFile(join(folder, FIRST), 'utf8')).split('\n')
  await writeFile(join(folder, FIRST), `${[one, two, four, three].join('\n')}\n`)
  expect(await verifyAuditLog(folder, keys)).toEqual({
    valid: false,
    fault: { reason: 'record-changed', file: FIRST, line: 3, seq: 2 },
  })
})
