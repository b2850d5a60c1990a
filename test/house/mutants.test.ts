import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mutants } from '../mutants/index.mjs'
import { proves } from '../requirements/index.ts'
import { read, root } from './workspace.ts'

test(proves('house:mutants:table'), () => {
  expect(mutants.length).toBeGreaterThanOrEqual(40)
  const ids = mutants.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const places = mutants.map(({ id, file, find }) => ({ id, places: read(file).split(find).length - 1 }))
  expect(places.filter((place) => place.places !== 1)).toEqual([])
  for (const { id, find, replace, suite } of mutants) {
    expect(id).toMatch(/^[a-z0-9-]+$/)
    expect(replace, id).not.toBe(find)
    expect(suite.length, id).toBeGreaterThan(0)
    expect(
      suite.filter((path) => !existsSync(join(root, path))),
      id,
    ).toEqual([])
  }
})
