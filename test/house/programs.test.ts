import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { lacks } from '../programs.ts'
import { proves } from '../requirements/index.ts'

const folders: string[] = []

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

async function pathWith(mode: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-programs-'))
  folders.push(folder)
  await writeFile(join(folder, 'redis-server'), '')
  await chmod(join(folder, 'redis-server'), mode)
  vi.stubEnv('PATH', folder)
}

test(proves('house:programs:required'), async () => {
  vi.stubEnv('LOCKSTEP_REQUIRE', '')
  await pathWith(0o755)
  expect(lacks('redis-server')).toBe(false)
  expect(lacks('nginx')).toBe(true)
  await pathWith(0o644)
  expect(lacks('redis-server'), 'a file that cannot be run is no program').toBe(true)
  expect(lacks('/usr/lib/postgresql/15/bin/postgres'), 'a path is looked at as it is').toBe(
    !existsSync('/usr/lib/postgresql/15/bin/postgres'),
  )
  vi.stubEnv('LOCKSTEP_REQUIRE', 'all')
  expect(() => lacks('nginx')).toThrow('`nginx` is not installed')
})
