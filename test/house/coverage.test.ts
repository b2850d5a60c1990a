import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { proves, requirements } from '../requirements/index.ts'
import { files, read, root } from './workspace.ts'

const tests = files().filter(
  (path) => /(\/|^)test\//.test(path) && path.endsWith('.ts') && !path.startsWith('test/requirements/'),
)
const cited = new Set(tests.flatMap((path) => [...read(path).matchAll(/\bproves\(\s*'([^']+)'/g)].map(([, id]) => id)))
const declared = Object.entries(requirements)

test(proves('house:coverage:cited'), () => {
  expect(declared.map(([id]) => id).filter((id) => !cited.has(id))).toEqual([])
  const known: readonly (string | undefined)[] = declared.map(([id]) => id)
  expect([...cited].filter((id) => !known.includes(id))).toEqual([])
})

test(proves('house:coverage:form'), () => {
  for (const [id, { says, serves }] of declared) {
    expect(id).toMatch(/^[a-z]+(:[a-z0-9-]+){1,3}$/)
    expect(says, id).toMatch(/^\S.*[^.\s]$/)
    expect(Number(serves.slice(1)), id).toBeLessThanOrEqual(43)
  }
})

test(proves('house:coverage:page'), () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
