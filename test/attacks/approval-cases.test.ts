import { expect, test } from 'vitest'
import { casesOf } from '../../packages/layers/1-gateway/test/attack.ts'
import { files, read } from '../house/workspace.ts'
import { proves } from '../requirements/index.ts'

const tried = new Set(
  files()
    .filter((path) => path.endsWith('.test.ts'))
    .flatMap((path) => [...read(path).matchAll(/proves\('attacks:approvals', '(T\d+)'\)/g)].map(([, id]) => id)),
)

test(proves('attacks:approvals', 'each is tried'), () => {
  const approvals = casesOf('Step-up and approval').filter(({ id }) => id >= 'T202')
  expect(approvals.length).toBeGreaterThan(8)
  expect(approvals.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([])
})
