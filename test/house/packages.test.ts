import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { root, workspaces } from './workspace.ts'

/** What is published: every package with its entry points. A change here is a change for the people who import it. */
const TOPOLOGY: Readonly<Record<string, readonly string[]>> = {
  '@lockstep/core': ['.'],
  '@lockstep/tokens': ['.'],
  '@lockstep/policy': ['.'],
  '@lockstep/audit': ['.'],
  '@lockstep/gateway': ['.'],
  '@lockstep/discovery': ['.'],
  '@lockstep/invocation': ['.'],
  '@lockstep/execution': ['.', './egress'],
  '@lockstep/mcp': ['.'],
  '@lockstep/express': ['.'],
  '@lockstep/koa': ['.'],
  '@lockstep/pg': ['.'],
  '@lockstep/kysely': ['.'],
  '@lockstep/stores': ['.', './memory', './pglite', './postgres'],
  '@lockstep/agent': ['.'],
  '@lockstep/testing': ['.'],
  lockstep: ['.'],
}
const VERSION = '0.1.0'

const packages = workspaces('packages/')
const entryPoints = Object.entries(TOPOLOGY).flatMap(([name, subpaths]) =>
  subpaths.map((subpath) => name + subpath.slice(1)),
)

test(proves('house:packages:topology', 'all of them'), () => {
  expect(packages.map(({ manifest }) => manifest.name).sort()).toEqual(Object.keys(TOPOLOGY).sort())
})

describe.each(packages)('$manifest.name', ({ manifest }) => {
  test(proves('house:packages:topology', manifest.name), () => {
    expect(manifest).toMatchObject({ version: VERSION, license: 'Apache-2.0', type: 'module' })
    expect(manifest.private).toBeUndefined()
    expect(manifest.files).toEqual(['dist', 'src'])
    const { './package.json': itself, ...entries } = manifest.exports ?? {}
    expect(itself).toBe('./package.json')
    expect(Object.keys(entries)).toEqual(TOPOLOGY[manifest.name])
    for (const [subpath, conditions] of Object.entries(entries)) {
      const folder = subpath.slice(1)
      expect(conditions).toEqual({
        'lockstep-source': `./src${folder}/index.ts`,
        types: `./dist${folder}/index.d.ts`,
        default: `./dist${folder}/index.js`,
      })
    }
    const ours = Object.entries(manifest.dependencies ?? {}).filter(([name]) => name.startsWith('@lockstep/'))
    expect(ours.filter(([, version]) => version !== VERSION)).toEqual([])
  })
})

/** Requires one entry point in a process of its own; resolves to everything that the process said. */
async function requireAlone(name: string): Promise<string> {
  // Symlinks are kept, so that the packages lie in node_modules as they do for a user.
  const child = spawn(process.execPath, ['--preserve-symlinks', '-e', `require(${JSON.stringify(name)})`], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk
    })
  }
  const code = await new Promise((done) => child.once('close', done))
  return code === 0 ? said : `exit ${code}: ${said}`
}

test(proves('house:packages:require'), async () => {
  const said = await Promise.all(entryPoints.map(async (name) => [name, await requireAlone(name)]))
  expect(Object.fromEntries(said)).toEqual(Object.fromEntries(entryPoints.map((name) => [name, ''])))
}, 240_000)
