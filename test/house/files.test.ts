import { describe, expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { files, read } from './workspace.ts'

const MOST_LINES = 400
const MOST_LINES_OF_HALF = 120

/** Tables that are one idea however long they grow. */
const TABLES = ['packages/core/src/codes.ts']

const FORBIDDEN_NAMES = ['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'misc']

const all = files()
const code = all.filter((path) => /\.(ts|mjs|js)$/.test(path))
const sources = code.filter((path) => /^packages\/.*\/src\//.test(path))
const texts = all.filter((path) => !/\.(png|ico|wasm|woff2?)$/.test(path))
const lines = (path: string) => read(path).split('\n').length - 1

/** The places where a pattern stands, as `path:line`. */
function places(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  )
}

describe('size', () => {
  test(proves('house:files:short', 'none is long'), () => {
    const long = code.filter((path) => !TABLES.includes(path) && lines(path) > MOST_LINES)
    expect(long).toEqual([])
  })

  test(proves('house:files:short', 'half of them are short'), () => {
    const lengths = sources.map(lines).sort((a, b) => a - b)
    expect(lengths.length).toBeGreaterThan(50)
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(MOST_LINES_OF_HALF)
  })
})

test(proves('house:files:names'), () => {
  const forbidden = all.filter((path) =>
    path.split('/').some((part) => FORBIDDEN_NAMES.includes(part.replace(/\..*$/, ''))),
  )
  expect(forbidden).toEqual([])
  expect(sources.filter((path) => !/^[a-z0-9-]+(\.d)?\.ts$/.test(path.split('/').at(-1) ?? ''))).toEqual([])
})

describe('what a source may not hold', () => {
  test(proves('house:files:types'), () => {
    const escapes =
      /:\s*any\b(?=\s*[;,)=\]>|&{}]|\[|$)|\bas any\b|<any>|\bas unknown as\b|@ts-(ignore|nocheck|expect-error)/
    const here = ['test/house/files.test.ts']
    const typed = code.filter((path) => path.endsWith('.ts') && !here.includes(path))
    expect(places(sources, escapes)).toEqual([])
    // A type test may expect an error; nothing may hide one.
    expect(
      places(typed, /:\s*any\b(?=\s*[;,)=\]>|&{}]|\[|$)|\bas any\b|<any>|\bas unknown as\b|@ts-(ignore|nocheck)/),
    ).toEqual([])
  })

  test(proves('house:files:exports'), () => {
    expect(places(sources, /^\s*export \*/)).toEqual([])
    expect(places(sources, /^\s*(export default|(declare )?(const )?enum |namespace )/)).toEqual([])
  })

  test(proves('house:files:machine'), () => {
    const folders = ['home', 'Users', 'root', 'work', 'workspace', 'var/folders'].join('|')
    // A machine path starts a word; `/root` inside a URL or a test's own path does not.
    const path = new RegExp(`(^|[\\s'"\`(=])/(${folders})/[A-Za-z0-9_.-]+`)
    // Spelled so that this file does not name what it looks for.
    const registry = /registry[.](npmjs|yarnpkg)|npm[.]pkg[.]github|jfrog[.]io/
    expect(places(texts, path)).toEqual([])
    expect(places(texts, registry)).toEqual([])
    expect(places(['package-lock.json'], /"resolved": "(?!packages|examples|test\/)/)).toEqual([])
  })
})

test(proves('house:tests:hooks'), () => {
  // A module that two files import is evaluated once, and its hooks belong to the first. These files have processes of their own.
  const apart = [
    'packages/engines/audit/test/log-folder.ts',
    'packages/lockstep/test/run-lockstep.ts',
    'packages/lockstep/test/server-world.ts',
  ]
  const modules = code.filter(
    (path) => /(^|\/)test\//.test(path) && !path.endsWith('.test.ts') && !apart.includes(path),
  )
  expect(modules.length).toBeGreaterThan(50)
  expect(places(modules, /^(before|after)(All|Each)\(/)).toEqual([])
  for (const path of apart) expect(places([path], /^(before|after)(All|Each)\(/), path).not.toEqual([])
})

test(proves('house:tests:patient'), () => {
  const calls = code
    .filter((path) => /(^|\/)test\//.test(path))
    .flatMap((path) =>
      read(path)
        .split(/\bvi\.wait(?:For|Until)\(/)
        .slice(1)
        .map((rest) => ({ path, given: argumentsOf(rest) })),
    )
  expect(calls.length).toBeGreaterThan(50)
  expect(calls.filter(({ given }) => !given.includes('PATIENT'))).toEqual([])
})

/** What stands before the parenthesis that ends a call. */
function argumentsOf(rest: string): string {
  let depth = 1
  const end = [...rest].findIndex((sign) => {
    if (sign === '(') depth += 1
    if (sign === ')') depth -= 1
    return depth === 0
  })
  return rest.slice(0, end)
}
