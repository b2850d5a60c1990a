import { describe, expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { importsOf, packageOf, sources, type Workspace, workspaces } from './workspace.ts'

/** Who may import whom. Written out, so that a new edge is a decision and not an accident. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  '@lockstep/core': [],
  '@lockstep/tokens': ['@lockstep/core'],
  '@lockstep/policy': ['@lockstep/core'],
  '@lockstep/audit': ['@lockstep/core', '@lockstep/tokens'],
  '@lockstep/gateway': ['@lockstep/core', '@lockstep/tokens'],
  '@lockstep/discovery': ['@lockstep/core', '@lockstep/tokens'],
  '@lockstep/invocation': ['@lockstep/core', '@lockstep/tokens'],
  '@lockstep/execution': ['@lockstep/core', '@lockstep/tokens'],
  '@lockstep/stores': ['@lockstep/core'],
  '@lockstep/agent': ['@lockstep/core', '@lockstep/tokens'],
  '@lockstep/testing': ['@lockstep/core', '@lockstep/tokens', '@lockstep/agent'],
  '@lockstep/mcp': [
    '@lockstep/core',
    '@lockstep/tokens',
    '@lockstep/policy',
    '@lockstep/audit',
    '@lockstep/stores',
    '@lockstep/gateway',
    '@lockstep/discovery',
    '@lockstep/invocation',
    '@lockstep/execution',
  ],
  '@lockstep/express': ['@lockstep/mcp'],
  '@lockstep/koa': ['@lockstep/mcp'],
  '@lockstep/pg': ['@lockstep/core', '@lockstep/execution'],
  '@lockstep/kysely': ['@lockstep/core', '@lockstep/pg'],
  lockstep: [
    '@lockstep/core',
    '@lockstep/tokens',
    '@lockstep/policy',
    '@lockstep/audit',
    '@lockstep/stores',
    '@lockstep/gateway',
    '@lockstep/discovery',
    '@lockstep/invocation',
    '@lockstep/execution',
    '@lockstep/mcp',
    '@lockstep/express',
    '@lockstep/koa',
    '@lockstep/pg',
    '@lockstep/kysely',
    '@lockstep/agent',
    '@lockstep/testing',
  ],
}

/** Libraries that exactly one package uses, so that there is one place to look. */
const ONLY_USER: Readonly<Record<string, string>> = {
  jose: '@lockstep/tokens',
  '@peculiar/asn1-x509': '@lockstep/tokens',
  '@cedar-policy/cedar-wasm': '@lockstep/policy',
  'libpg-query': '@lockstep/execution',
  'pgsql-deparser': '@lockstep/execution',
  '@electric-sql/pglite': '@lockstep/stores',
  'fs-native-extensions': '@lockstep/stores',
}

const SQL_PARSERS = ['libpg-query', 'pgsql-deparser', 'pgsql-parser', '@pgsql/types']
const packages = workspaces('packages/')
const declared = ({ manifest }: Workspace) => Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
const isOurs = (name: string) => name.startsWith('@lockstep/')

/** Every import of a workspace's sources, with the file it stands in. */
function imports({ folder }: Workspace, under: string): { readonly file: string; readonly name: string }[] {
  return sources(`${folder}${under}`).flatMap((file) => importsOf(file).map((name) => ({ file, name })))
}

const isBare = (name: string) => !/^(packages|examples|test|scripts)\//.test(name) && !name.startsWith('node:')

describe.each(packages)('$manifest.name', (workspace) => {
  const { folder, manifest } = workspace
  const all = imports(workspace, '/src')

  test(proves('house:imports:table', manifest.name), () => {
    const allowed = ALLOWED[manifest.name]
    expect(allowed, 'the package stands in the table').toBeDefined()
    expect(declared(workspace).filter((name) => isOurs(name) && !allowed?.includes(name))).toEqual([])
    const ours = all.filter(({ name }) => isOurs(name) && packageOf(name) !== manifest.name)
    expect(ours.filter(({ name }) => !allowed?.includes(packageOf(name)))).toEqual([])
  })

  test(proves('house:imports:declared', manifest.name), () => {
    expect(all.filter(({ name }) => isBare(name) && !declared(workspace).includes(packageOf(name)))).toEqual([])
    expect(
      all.filter(({ name }) => !isBare(name) && !name.startsWith('node:') && !name.startsWith(`${folder}/src/`)),
    ).toEqual([])
  })
})

test(proves('house:imports:table', 'without a cycle'), () => {
  const below = (name: string, path: readonly string[]): readonly string[] => {
    if (path.includes(name)) throw new Error(`a cycle: ${[...path, name].join(' -> ')}`)
    return (ALLOWED[name] ?? []).flatMap((next) => below(next, [...path, name]))
  }
  for (const name of Object.keys(ALLOWED)) expect(() => below(name, [])).not.toThrow()
  expect(Object.keys(ALLOWED).sort()).toEqual(packages.map(({ manifest }) => manifest.name).sort())
})

test.each(Object.entries(ONLY_USER))(proves('house:imports:only-user', '%s'), (library, user) => {
  const users = packages.filter(
    (workspace) =>
      declared(workspace).includes(library) ||
      imports(workspace, '/src').some(({ name }) => packageOf(name) === library),
  )
  expect(users.map(({ manifest }) => manifest.name)).toEqual([user])
})

test(proves('house:imports:egress'), () => {
  const reached = new Set<string>()
  const visit = (file: string): string[] => {
    if (reached.has(file)) return []
    reached.add(file)
    const names = importsOf(file, { running: true })
    return [...names.filter(isBare), ...names.filter((name) => name.startsWith('packages/')).flatMap(visit)]
  }
  const libraries = visit('packages/layers/4-execution/src/egress/index.ts').map(packageOf)
  expect(reached.size, 'it was followed').toBeGreaterThan(1)
  expect(libraries.filter((name) => SQL_PARSERS.includes(name))).toEqual([])
})

describe.each(workspaces('examples/'))('$manifest.name', (workspace) => {
  test(proves('house:imports:examples', workspace.manifest.name), () => {
    const all = imports(workspace, '')
    const exported = packages.flatMap(({ manifest }) =>
      Object.keys(manifest.exports ?? {}).map((subpath) => manifest.name + subpath.slice(1)),
    )
    expect(all.filter(({ name }) => isOurs(name) && !exported.includes(name))).toEqual([])
    expect(all.filter(({ name }) => isBare(name) && !declared(workspace).includes(packageOf(name)))).toEqual([])
    const outside = all.filter(({ name }) => /^(packages|test|scripts)\//.test(name))
    expect(outside).toEqual([])
  })
})
