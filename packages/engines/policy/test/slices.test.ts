import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { compilePolicies } from '../src/compiled-policies.ts'
import { bundleOf } from './oracle/policy-pool.ts'

const SCOPES = {
  any: 'principal, action, resource',
  one: 'principal, action == Action::"read", resource',
  group: 'principal, action in Action::"some", resource',
  outer: 'principal, action in Action::"all", resource',
  list: 'principal, action in [Action::"drop", Action::"write"], resource',
  doc: 'principal, action, resource is Doc',
  item: 'principal, action, resource is Shop::Item',
  'one-doc': 'principal, action, resource == Doc::"d1"',
  'in-group': 'principal, action, resource in Group::"g1"',
  'in-org': 'principal in Org::"o1", action, resource',
  'in-user': 'principal in User::"u1", action, resource',
  user: 'principal is User, action, resource',
  'bot-in': 'principal is Bot in Group::"g1", action, resource',
} as const

const bundle = bundleOf(Object.entries(SCOPES).map(([id, scope]) => `@id("${id}") permit (${scope});`))
const slice = compilePolicies(bundle)

describe(proves('policy:engine:sliced'), () => {
  test.each([
    [
      'read',
      'User',
      'Doc',
      ['any', 'one', 'group', 'outer', 'doc', 'one-doc', 'in-group', 'in-org', 'in-user', 'user'],
    ],
    ['read', 'Bot', 'Shop::Item', ['any', 'one', 'group', 'outer', 'item', 'in-group', 'in-org', 'bot-in']],
    ['write', 'User', 'Doc', ['any', 'outer', 'list', 'doc', 'one-doc', 'in-group', 'in-org', 'in-user', 'user']],
    ['drop', 'User', 'Shop::Item', ['any', 'list', 'item', 'in-group', 'in-org', 'in-user', 'user']],
  ])('%s by %s on %s', (action, principal, resource, ids) => {
    expect(slice(action, principal, resource).map(({ id }) => id)).toEqual(ids)
  })

  test('what is settled by the slice is not evaluated again', () => {
    const [user] = slice('drop', 'User', 'Shop::Item').filter(({ id }) => id === 'user')
    expect(user?.when).toEqual({ op: 'value', value: true })
    expect(slice('read', 'User', 'Doc')).toBe(slice('read', 'User', 'Doc'))
  })
})
