import { readFile } from 'node:fs/promises'
import { at } from './root.mjs'
import { runNpm } from './run.mjs'

/** Installs the dependencies when they are not those of package-lock.json. Resolves to whether they are there now. */
export async function install() {
  if (await isInstalled()) return true
  process.stderr.write('installing dependencies\n')
  // Not `npm ci`: it refuses a lockfile without the optional packages of every platform, and a registry need not have them all.
  // What it would guarantee is checked below: that exactly the locked versions are there.
  if ((await runNpm(['install', '--no-save'])).code !== 0) return false
  if (await isInstalled()) return true
  process.stderr.write('package-lock.json does not fit package.json: run `npm install` and commit the lockfile\n')
  return false
}

/** Whether node_modules holds every package of the lockfile in its version; npm keeps a record of what it installed. */
async function isInstalled() {
  const wanted = await readLock(at('package-lock.json'))
  const found = await readLock(at('node_modules', '.package-lock.json'))
  if (!wanted) throw new Error('package-lock.json is missing or broken')
  if (!found) return false
  return Object.entries(wanted).every(
    // Optional packages are for other platforms; workspaces have no version of their own in the record.
    ([path, entry]) =>
      !path.includes('node_modules/') || entry.optional || entry.link || found[path]?.version === entry.version,
  )
}

async function readLock(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8')).packages
  } catch {
    return undefined
  }
}
