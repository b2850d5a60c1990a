import { spawn } from 'node:child_process'
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openAuditLog } from '@lockstep/audit'
import { createCheckpointKey } from '@lockstep/tokens'
import { afterAll, describe, expect, test } from 'vitest'
import { openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { files, root } from '../house/workspace.ts'
import { within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { fitsShape, readCommands } from './read-commands.ts'

/** Inside the repository, so that package names resolve as they do for a reader. */
const COPIES = join(root, 'reports', 'guide')

const pages = files()
  .filter((path) => /^(README|docs\/.*)\.md$/.test(path))
  .map((path) => ({ path, page: readCommands(path) }))
  .filter(({ page }) => page.commands.length > 0)

afterAll(() => rm(COPIES, { recursive: true, force: true }))

let left: Promise<string> | undefined

/** What a server leaves behind: a state with the record of a denial. */
async function leaveState(): Promise<string> {
  const state = join(COPIES, '.lockstep')
  await rm(state, { recursive: true, force: true })
  const audit = await openAuditLog({
    folder: join(state, 'audit'),
    origin: 'expense.example',
    key: await createCheckpointKey(),
    clock: Date.now,
  })
  const house = await openExpenseHouse({ configuration: { audit } })
  await (await house.agent('carol')).call('getExpense', { id: 'INV-8831' })
  await house.close()
  await audit.close()
  return state
}

async function copyOf(example: string): Promise<string> {
  const folder = join(COPIES, basename(example))
  await rm(folder, { recursive: true, force: true })
  await mkdir(COPIES, { recursive: true })
  const apart = ['node_modules', 'dist', '.lockstep']
  await cp(join(root, example), folder, { recursive: true, filter: (path) => !apart.includes(basename(path)) })
  left ??= leaveState()
  await cp(await left, join(folder, '.lockstep'), { recursive: true })
  return folder
}

/** PostgreSQL in the processes is loaded as initialized, as it is in the tests. */
const PRELOADED = pathToFileURL(join(root, 'test/pglite/in-processes.mjs')).href

/** Runs a command as a reader would, and resolves to everything that it said on standard output. */
async function run(command: string, cwd: string): Promise<string> {
  const bin = join(root, 'node_modules', '.bin')
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    NODE_OPTIONS: `--import ${PRELOADED}`,
  }
  const child = spawn('bash', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let complained = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  child.stderr.on('data', (chunk) => {
    complained += chunk
  })
  await new Promise((done) => child.once('close', done))
  // What npm warns of is the machine's business.
  const ours = complained.split('\n').filter((line) => line !== '' && !line.startsWith('npm '))
  return said + ours.map((line) => `${line}\n`).join('')
}

describe.each(pages)('$path', ({ path, page }) => {
  test(
    proves('house:guide:commands', path),
    async () => {
      const folder = await copyOf(page.folder)
      for (const { command, shape, line } of page.commands) {
        // What `npx` runs is what the shell finds; it takes as long as the command to find it, and is run once.
        const found = command === page.commands[0]?.command ? command : command.replaceAll('npx lockstep', 'lockstep')
        const said = await run(found, folder)
        expect(fitsShape(said, shape), `${path}:${line} ${command}\n${said}`).toBe(true)
      }
    },
    within(600_000),
  )
})

test(proves('house:guide:commands', 'there are some'), async () => {
  expect(pages.map(({ path }) => path)).toContain('docs/guide/policy.md')
  expect(await readFile(join(root, 'docs/guide/policy.md'), 'utf8')).toContain('npx lockstep explain')
})

test(proves('house:guide:commands', 'a shape fits what it shows and nothing else'), () => {
  expect(fitsShape('a\nb\nc\n', ['a', '…', 'c'])).toBe(true)
  expect(fitsShape('a\nc\n', ['a', '…', 'c'])).toBe(true)
  expect(fitsShape('a 17 b\n', ['a … b'])).toBe(true)
  expect(fitsShape('', [])).toBe(true)
  expect(fitsShape('a\nb\n', ['a'])).toBe(false)
  expect(fitsShape('a\n', ['a', 'b'])).toBe(false)
  expect(fitsShape('a+b\n', ['a.b'])).toBe(false)
  expect(fitsShape('unexpected\n', [])).toBe(false)
})
