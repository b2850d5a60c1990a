import { existsSync } from 'node:fs'
import { cp, lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { at } from './root.mjs'
import { ask } from './run.mjs'

/**
 * Copies the working tree (what git tracks or would track) into a temporary folder. Dependencies are linked to ours; the workspaces'
 * own packages are linked to the copy, so that a change there is the one that its tests see. What is built is linked too, for
 * tests that start a process of their own.
 */
export async function cloneTree() {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-mutants-'))
  const listed = await ask('git', ['ls-files', '-coz', '--exclude-standard'])
  for (const path of new Set(listed.split('\0'))) {
    if (path === '' || !existsSync(at(path))) continue
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await cp(at(path), join(folder, path))
    const built = join(dirname(path), 'dist')
    if (basename(path) === 'package.json' && existsSync(at(built))) await symlink(at(built), join(folder, built))
  }
  await linkModules(at('node_modules'), join(folder, 'node_modules'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

async function linkModules(from, to) {
  await mkdir(to, { recursive: true })
  for (const name of await readdir(from)) {
    const source = join(from, name)
    // A workspace is a relative link, and stays one: into the copy. Dot entries are caches and records of their tools.
    if ((await lstat(source)).isSymbolicLink()) await symlink(await readlink(source), join(to, name))
    else if (name.startsWith('@')) await linkModules(source, join(to, name))
    else if (!name.startsWith('.')) await symlink(source, join(to, name))
  }
}
