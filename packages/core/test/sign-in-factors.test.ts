import { keepAcr, signInAge, strongerSignIns } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const declared = { acrValues: ['a', 'b'], maxAges: [60, 3_600, 300] }
const demandsOf = (satisfied: readonly string[], age: number | undefined) =>
  strongerSignIns(declared, { satisfied, age }).map(({ demand }) => demand)

test(proves('core:sign-in:stronger'), () => {
  expect(demandsOf(['a'], 3_600)).toEqual([
    { acr: 'b' },
    { maxAge: 300 },
    { maxAge: 60 },
    { acr: 'b', maxAge: 300 },
    { acr: 'b', maxAge: 60 },
  ])
  expect(demandsOf(['a', 'b'], 60), 'nothing is left to demand').toEqual([])
  expect(demandsOf(['a', 'b'], undefined), 'an unknown age').toEqual([
    { maxAge: 3_600 },
    { maxAge: 300 },
    { maxAge: 60 },
  ])
  const [first] = strongerSignIns(declared, { satisfied: ['x'], age: 5 })
  expect(first).toEqual({ demand: { acr: 'a' }, signIn: { satisfied: ['a', 'x'], age: 5 } })
  expect(strongerSignIns({ acrValues: [] }, { satisfied: [], age: 5 })).toEqual([])
})

test(proves('core:sign-in:no-weaker'), () => {
  const fresher = { demand: { maxAge: 300 }, signIn: { satisfied: ['a', 'b'], age: 300 } }
  const needs = (acr: string) => (signIn: { readonly satisfied: readonly string[] }) => signIn.satisfied.includes(acr)
  expect(keepAcr(['a', 'b'], fresher, () => true)).toEqual({ maxAge: 300 })
  expect(keepAcr(['a', 'b'], fresher, needs('a'))).toEqual({ acr: 'a', maxAge: 300 })
  expect(keepAcr(['a', 'b'], fresher, needs('b'))).toEqual({ acr: 'b', maxAge: 300 })
  expect(keepAcr(['a', 'b'], { ...fresher, demand: { acr: 'b' } }, () => false)).toEqual({ acr: 'b' })
})

test(proves('core:sign-in:age'), () => {
  expect(signInAge({ satisfied: [] }, 5_000)).toBeUndefined()
  expect(signInAge({ satisfied: [], authenticatedAt: 5 }, 5_000)).toBe(0)
  expect(signInAge({ satisfied: [], authenticatedAt: 5 }, 5_001), 'a part of a second counts').toBe(1)
  expect(signInAge({ satisfied: [], authenticatedAt: 9 }, 5_000), 'a clock that is ahead').toBe(0)
})
