import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { at } from './root.mjs'
import { runNode } from './run.mjs'

/** The folders of the examples. */
export async function examples() {
  const entries = await readdir(at('examples'), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => at('examples', entry.name))
}

/** Builds every package and every example that is written in TypeScript. Resolves to whether that went well. */
export async function build() {
  const projects = (await examples()).filter((folder) => existsSync(`${folder}/tsconfig.json`))
  return (await runNode([at('node_modules', 'typescript', 'bin', 'tsc'), '-b', at('tsconfig.json'), ...projects])) === 0
}
