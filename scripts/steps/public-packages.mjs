import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { at } from './root.mjs'

/** The folders of the packages that are published: the workspaces under `packages`. */
export async function publicPackages() {
  const { workspaces } = JSON.parse(await readFile(at('package.json'), 'utf8'))
  const folders = []
  for (const workspace of workspaces.filter((name) => name.startsWith('packages/'))) {
    if (!workspace.endsWith('/*')) folders.push(at(workspace))
    else {
      const parent = at(workspace.slice(0, -2))
      for (const name of (await readdir(parent)).sort()) folders.push(`${parent}/${name}`)
    }
  }
  return folders.filter((folder) => existsSync(`${folder}/package.json`))
}
