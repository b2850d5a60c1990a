import type { JsonObject, VisibleMembers, VisibleShape } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { visibleArguments } from '../src/visible-arguments.ts'

const WHOLE: VisibleShape = { whole: true }
const inner: VisibleMembers = new Map([
  ['city', { required: true, shape: WHOLE }],
  ['zip', { required: false, shape: WHOLE }],
])
const MEMBERS: VisibleMembers = new Map([
  ['to', { required: true, shape: WHOLE }],
  ['at', { required: false, shape: { members: inner } }],
  ['stops', { required: false, shape: { each: { members: inner } } }],
])
const UNSAFE = expect.objectContaining({ code: 'invocation.arguments-unsafe' })

test(proves('policy:arguments:visible'), () => {
  const seen = (given: JsonObject) => visibleArguments(MEMBERS, given).arguments
  expect(
    seen({ to: 'x', score: 1.5, at: { city: 'a', zip: null, more: null }, stops: [{ city: 'b', n: 0.1 }] }),
  ).toEqual({
    record: { to: 'x', at: { record: { city: 'a' } }, stops: { set: [{ record: { city: 'b' } }] } },
  })
  expect(seen({ to: 'x', at: null, stops: null })).toEqual({ record: { to: 'x' } })
  // Of another shape than declared it goes as it is, and the schema of the policy refuses it.
  expect(seen({ to: 'x', at: 'a', stops: {} })).toEqual({ record: { to: 'x', at: 'a', stops: { record: {} } } })
  expect(visibleArguments(undefined, { to: null })).toEqual({})
})

test(proves('policy:arguments:visible', 'what is required is never taken for absent'), () => {
  for (const given of [{ to: null }, { to: 'x', at: { city: null } }, { to: 'x', stops: [null] }, { to: 1.5 }]) {
    expect(() => visibleArguments(MEMBERS, given)).toThrow(UNSAFE)
  }
  expect(visibleArguments(new Map([['constructor', { required: true, shape: WHOLE }]]), {})).toEqual({
    arguments: { record: {} },
  })
})
