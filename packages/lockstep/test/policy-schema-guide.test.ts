import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstepProcess } from './run-lockstep.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const EXAMPLE = join(ROOT, 'examples/expense-approval')

test(proves('policy:schema:guide'), async () => {
  const guide = await readFile(join(ROOT, 'docs/guide/policy-schema.md'), 'utf8')
  const shown = [...guide.matchAll(/```sh\n(.*)\n```\n\n```text\n([\s\S]*?)```/g)]
  expect(shown).toHaveLength(3)
  expect(guide.match(/```sh/g), 'each one shows what it prints').toHaveLength(3)
  const manifest = join(EXAMPLE, 'tools.json')
  const before = await readFile(manifest, 'utf8')
  for (const [, command = '', text = ''] of shown) {
    const [npx, name, ...args] = command.split(' ')
    expect([npx, name]).toEqual(['npx', 'lockstep'])
    const { code, said, complained } = await lockstepProcess(args, EXAMPLE)
    expect({ code, complained }, command).toEqual({ code: 0, complained: '' })
    for (const line of text.trimEnd().split('\n')) expect(said, command).toContain(line)
  }
  const after = await readFile(manifest, 'utf8')
  await writeFile(manifest, before)
  expect(after).toBe(before)
}, 240_000)
