import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstep, newFolder } from './run-lockstep.ts'

const EXAMPLE = resolve(import.meta.dirname, '../../../examples/expense-approval')

test(proves('policy:manifest:written'), async () => {
  const out = join(await newFolder(), 'tools.json')
  const run = await lockstep(['policy', 'manifest', '--out', out, '--', 'node', 'dist/server/serve-stdio.js'], EXAMPLE)
  expect(run).toEqual({ code: 0, said: '5 tools\n', complained: '' })
  expect(await readFile(out, 'utf8'), 'the one of the example is up to date').toBe(
    await readFile(join(EXAMPLE, 'tools.json'), 'utf8'),
  )
}, 240_000)

test(proves('policy:manifest:written', 'or nothing is'), async () => {
  const folder = await newFolder()
  const out = join(folder, 'tools.json')
  await writeFile(out, 'as it was')
  const command = ['policy', 'manifest', '--out', out, '--']
  for (const server of [['node', '-e', 'process.exit(3)'], [join(folder, 'no-such-program')]]) {
    const run = await lockstep([...command, ...server])
    expect(run).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('did not list its tools') })
  }
  for (const wrong of [
    ['--out', out],
    ['--', 'node'],
    ['--out', out, '--'],
    ['--out', out, 'node', '--', 'node'],
  ]) {
    expect(await lockstep(['policy', 'manifest', ...wrong]), wrong.join(' ')).toMatchObject({ code: 2, said: '' })
  }
  expect(await readFile(out, 'utf8')).toBe('as it was')
  const nowhere = join(folder, 'none', 'tools.json')
  const server = `import { McpServer } from '@modelcontextprotocol/server'
    import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
    const server = new McpServer({ name: 'none', version: '1' }, { capabilities: { tools: {} } })
    server.registerTool('one', {}, () => ({ content: [] }))
    await server.connect(new StdioServerTransport())`
  const working = ['--', 'node', '--input-type=module', '-e', server]
  expect(await lockstep(['policy', 'manifest', '--out', nowhere, ...working], EXAMPLE)).toMatchObject({
    code: 2,
    said: '',
  })
  expect(existsSync(nowhere)).toBe(false)
  // The server does work.
  expect(await lockstep(['policy', 'manifest', '--out', out, ...working], EXAMPLE)).toMatchObject({
    code: 0,
    said: '1 tool\n',
  })
}, 240_000)
