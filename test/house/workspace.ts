import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** The folder of the repository. */
export const root = resolve(import.meta.dirname, '..', '..')

/** The part of a package.json that the house checks. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly license?: string
  readonly type?: string
  readonly files?: readonly string[]
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** One package or example of the repository. */
export interface Workspace {
  /** Relative to the repository, for example `packages/core`. */
  readonly folder: string
  readonly manifest: Manifest
}

/** The workspaces of the root package.json whose folder starts with `prefix`. */
export function workspaces(prefix: 'packages/' | 'examples/'): readonly Workspace[] {
  const { workspaces: patterns }: { workspaces: string[] } = JSON.parse(read('package.json'))
  return patterns
    .filter((pattern) => pattern.startsWith(prefix))
    .flatMap((pattern) => (pattern.endsWith('/*') ? below(pattern.slice(0, -2)) : [pattern]))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(read(`${folder}/package.json`)) }))
}

function below(folder: string): string[] {
  return readdirSync(join(root, folder))
    .sort()
    .map((name) => `${folder}/${name}`)
}

/** The text of a file of the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Every file of the repository that is tracked or will be, relative to it. */
export function files(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  return listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)))
}

/** The hand-written TypeScript sources under a folder. */
export function sources(folder: string): readonly string[] {
  return files().filter((path) => path.startsWith(`${folder}/`) && /\.[cm]?[tj]sx?$/.test(path))
}

/**
 * What a source imports; relative imports as paths of the repository. Imports of types alone, which are gone when it runs, are
 * left out on request.
 */
export function importsOf(
  path: string,
  options: { readonly running: boolean } = { running: false },
): readonly string[] {
  // Examples inside docstrings import too, but only for the reader.
  const text = read(path).replaceAll(/\/\*[\s\S]*?\*\//g, '')
  const code = options.running ? text.replaceAll(/^(import|export) type\b[^']*'[^']+'/gm, '') : text
  const statements = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+|\brequire\s*\(\s*)'([^'\n]+)'/gm
  return [...code.matchAll(statements)].map(([, name = '']) =>
    name.startsWith('.') ? relative(root, resolve(root, dirname(path), name)) : name,
  )
}

/** The package that a bare import names: `@a/b` of `@a/b/c`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
