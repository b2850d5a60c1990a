import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { at, root } from '../steps/root.mjs'

const AREAS = at('test', 'requirements')

/** Every declared requirement: area -> id -> `{ says, serves }`. */
export async function declaredRequirements() {
  const areas = {}
  const files = (await readdir(AREAS)).filter((name) => name.endsWith('.ts') && name !== 'index.ts').sort()
  for (const file of files) {
    const text = await readFile(`${AREAS}/${file}`, 'utf8')
    // The files are object literals, so that without `as const` they are JavaScript: Node 20 loads no TypeScript by itself.
    const source = text.replaceAll(/\}\s*as const\b/g, '}')
    const module = await import(`data:text/javascript,${encodeURIComponent(source)}`)
    for (const [area, requirements] of Object.entries(module)) areas[area] = requirements
  }
  return areas
}

/** Which files cite a requirement: id -> paths. Found in the text as the literal argument of `proves(...)`. */
export async function citations() {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', 'packages', 'test', 'examples'], {
    cwd: root,
    encoding: 'utf8',
  })
  const cited = new Map()
  for (const path of listed.split('\n').filter(isTest).sort()) {
    const text = await readFile(at(path), 'utf8').catch(() => '')
    for (const [, id] of text.matchAll(/\bproves\(\s*'([^']+)'/g)) {
      cited.set(id, [...new Set([...(cited.get(id) ?? []), path])])
    }
  }
  return cited
}

function isTest(path) {
  return /\/test\/|^test\//.test(path) && path.endsWith('.ts') && !path.startsWith('test/requirements/')
}
