import { CODES, type ErrorCode } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { files, read } from './workspace.ts'

const TABLE = 'packages/core/src/codes.ts'
const codes = Object.keys(CODES)
const sources = files().filter((path) => /^packages\/.*\/src\/.*\.ts$/.test(path) && path !== TABLE)
const raised = new Set(
  sources.flatMap((path) => [...read(path).matchAll(/'([a-z]+\.[a-z][a-z-]+)'/g)].map(([, code]) => code)),
)

test(proves('house:errors:raised'), () => {
  expect(codes.filter((code) => !raised.has(code))).toEqual([])
})

test(proves('house:errors:table'), () => {
  for (const [code, entry] of Object.entries(CODES)) {
    expect(code).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/)
    expect(code.split('.')[0], code).toBe(entry.layer)
    expect(entry.says, code).toMatch(/^[a-zA-Z`@].*[^.]$/)
    expect(entry.fix, code).toMatch(/^[a-z`].*[^.]$/)
    expect([200, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 431, 500, 502, 503, 504], code).toContain(
      entry.status,
    )
  }
})

test(proves('house:errors:page'), () => {
  const documented = [...read('docs/errors.md').matchAll(/^\| `([^`]+)` +\| (\d+) +\| (.+?) +\| /gm)]
  const expected = Object.entries(CODES).map(([code, entry]) => [code, String(entry.status), entry.says])
  const sorted = (rows: readonly (readonly (string | undefined)[])[]) => rows.map((row) => row.join(' ')).sort()
  expect(sorted(documented.map((match) => match.slice(1)))).toEqual(sorted(expected))
})

test(proves('house:errors:closed'), () => {
  const closed: ErrorCode = 'audit.tampered'
  // @ts-expect-error: a code that is not in the table is no code
  const invented: ErrorCode = 'audit.invented'
  expect(codes).toContain(closed)
  expect(codes).not.toContain(invented)
})
