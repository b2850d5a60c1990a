import type { JsonObject } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { readActors } from '../src/delegation.ts'

/** A chain of so many actors, `a1` acting now. */
function chain(length: number): JsonObject {
  let link: JsonObject = { sub: `a${length}` }
  for (let index = length - 1; index > 0; index -= 1) link = { sub: `a${index}`, act: link }
  return link
}

test(proves('gateway:actor:chain-bounded'), () => {
  expect(readActors(undefined)).toEqual([])
  expect(readActors(chain(1))).toEqual(['a1'])
  expect(readActors(chain(8))).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8'])
  for (const length of [9, 10, 1000]) expect(readActors(chain(length))).toBeUndefined()
  for (const act of [null, 'a1', [], {}, { sub: '' }, { sub: 1 }, { sub: 'a1', act: null }, { sub: 'a1', act: {} }]) {
    expect(readActors(act), JSON.stringify(act)).toBeUndefined()
  }
})
