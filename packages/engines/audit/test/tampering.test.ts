import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, verifyAuditLog } from '@lockstep/audit'
import { createCheckpointKey } from '@lockstep/tokens'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { event, key, newFolder, open, writeLog } from './log-folder.ts'

const keys = [key.publicJwk()]
let original: string

beforeAll(async () => {
  original = await newFolder()
  await writeLog(original, 23, { checkpointEvery: 5, recordsPerFile: 10 })
})

async function copyLog(): Promise<string> {
  const folder = await newFolder()
  await cp(original, folder, { recursive: true })
  return folder
}

describe('a log that was left alone', () => {
  test(proves('state:audit:valid'), async () => {
    const found = await verifyAuditLog(original, keys)
    expect(found).toMatchObject({ valid: true, size: 23, unsigned: 0, torn: [], checkpoint: { size: 23 } })
    expect((await readdir(original)).sort()).toEqual([
      'checkpoints.jsonl',
      'keys.json',
      'records-000000000000.jsonl',
      'records-000000000010.jsonl',
      'records-000000000020.jsonl',
    ])
  })
})

describe('a log that was changed', () => {
  test(proves('state:audit:flipped-byte', 'any byte of any record, by its record, file and line'), async () => {
    const folder = await copyLog()
    const names = (await readdir(folder)).filter((name) => name.startsWith('records'))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (name, at, mask) => {
          const path = join(folder, name)
          const good = await readFile(path)
          const place = at % good.length
          const line = good.subarray(0, place).filter((byte) => byte === 0x0a).length + 1
          const bad = Buffer.from(good)
          bad[place] = (bad[place] ?? 0) ^ mask
          await writeFile(path, bad)
          const found = await verifyAuditLog(folder, keys)
          await writeFile(path, good)
          const seq = Number(name.slice('records-'.length, -'.jsonl'.length)) + line - 1
          expect(found).toEqual({ valid: false, fault: { reason: 'record-changed', file: name, line, seq } })
        },
      ),
      { numRuns: runs(150) },
    )
    expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true })
  })

  test(proves('state:audit:flipped-byte', 'any byte of any checkpoint'), async () => {
    const folder = await copyLog()
    const path = join(folder, 'checkpoints.jsonl')
    const good = await readFile(path)
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), async (place, mask) => {
        const bad = Buffer.from(good)
        bad[place] = (bad[place] ?? 0) ^ mask
        await writeFile(path, bad)
        const found = await verifyAuditLog(folder, keys)
        // The last line feed alone is no content: the line counts as torn, and the head before it stands.
        if (place === good.length - 1)
          expect(found).toMatchObject({ valid: true, torn: [{ file: 'checkpoints.jsonl' }] })
        else {
          const line = good.subarray(0, place).filter((byte) => byte === 0x0a).length + 1
          expect(found).toMatchObject({ valid: false, fault: { file: 'checkpoints.jsonl', line } })
        }
      }),
      { numRuns: runs(150) },
    )
  })

  test(proves('state:audit:rewritten', 'a record with a fitting hash of its own'), async () => {
    const other = await newFolder()
    const log = await open(other, { checkpointEvery: 5, recordsPerFile: 10 })
    for (let number = 0; number < 23; number += 1) await log.append(event(number === 12 ? 999 : number))
    await log.close()
    const folder = await copyLog()
    const name = 'records-000000000010.jsonl'
    await cp(join(other, name), join(folder, name))
    expect(await verifyAuditLog(folder, keys)).toEqual({
      valid: false,
      fault: { reason: 'records-rewritten', file: name, line: 5, seq: 10, through: 14 },
    })
  })

  test(proves('state:audit:removed', 'the last record, a file, the checkpoints'), async () => {
    const folder = await copyLog()
    const last = join(folder, 'records-000000000020.jsonl')
    const text = await readFile(last, 'utf8')
    await writeFile(last, text.slice(0, text.trimEnd().lastIndexOf('\n') + 1))
    expect(await verifyAuditLog(folder, keys)).toMatchObject({ fault: { reason: 'record-missing', seq: 22, line: 3 } })
    await rm(last)
    expect(await verifyAuditLog(folder, keys)).toMatchObject({ fault: { reason: 'record-missing', seq: 20 } })
    await rm(join(folder, 'records-000000000000.jsonl'))
    expect(await verifyAuditLog(folder, keys)).toMatchObject({ fault: { reason: 'record-missing', seq: 0 } })
    const unsigned = await copyLog()
    await writeFile(join(unsigned, 'checkpoints.jsonl'), '')
    expect(await verifyAuditLog(unsigned, keys)).toMatchObject({ fault: { reason: 'checkpoint-missing' } })
    await rm(join(unsigned, 'checkpoints.jsonl'))
    expect(await verifyAuditLog(unsigned, keys)).toMatchObject({ fault: { reason: 'checkpoint-missing' } })
    await rm(unsigned, { recursive: true })
    await expect(verifyAuditLog(unsigned, keys)).rejects.toMatchObject({ code: 'audit.unavailable' })
  })

  test(proves('state:audit:witness'), async () => {
    const folder = await copyLog()
    const lines = (await readFile(join(folder, 'checkpoints.jsonl'), 'utf8')).trimEnd().split('\n')
    const witnessed: Checkpoint = JSON.parse(lines.at(-1) ?? '')
    expect(await verifyAuditLog(folder, keys, { witnessed })).toMatchObject({ valid: true })

    // Cut back to an earlier signed head: alone it looks whole.
    await rm(join(folder, 'records-000000000020.jsonl'))
    const until20 = lines.filter((line) => JSON.parse(line).size <= 20)
    await writeFile(join(folder, 'checkpoints.jsonl'), `${until20.join('\n')}\n`)
    expect(await verifyAuditLog(folder, keys)).toMatchObject({ valid: true, size: 20 })
    expect(await verifyAuditLog(folder, keys, { witnessed })).toMatchObject({ fault: { reason: 'witness-differs' } })
    await expect(verifyAuditLog(folder, keys, { witnessed: { ...witnessed, size: 20 } })).rejects.toThrow(TypeError)
  })

  test(proves('state:audit:key', 'verified with another key, or none'), async () => {
    const other = (await createCheckpointKey()).publicJwk()
    const fault = { reason: 'checkpoint-signature', file: 'checkpoints.jsonl', line: 1 }
    expect(await verifyAuditLog(original, [other])).toEqual({ valid: false, fault })
    expect(await verifyAuditLog(original, [{ ...other, kid: key.kid }])).toEqual({ valid: false, fault })
    expect(await verifyAuditLog(original, [])).toEqual({ valid: false, fault })
    expect(await verifyAuditLog(original, [other, ...keys])).toMatchObject({ valid: true })
  })

  test(proves('state:audit:tampered-stays-shut'), async () => {
    const folder = await copyLog()
    const name = 'records-000000000000.jsonl'
    const text = await readFile(join(folder, name), 'utf8')
    await writeFile(join(folder, name), text.replace('user:3', 'user:4'))
    const before = await readFile(join(folder, name))
    await expect(open(folder)).rejects.toMatchObject({
      code: 'audit.tampered',
      message: expect.stringContaining(`${name} line 4, record 3`),
    })
    expect(await readFile(join(folder, name))).toEqual(before)
    await appendFile(join(folder, 'checkpoints.jsonl'), 'nonsense\n')
    await expect(open(folder)).rejects.toMatchObject({ code: 'audit.tampered' })
  })
})
