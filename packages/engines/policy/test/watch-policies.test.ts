import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EntityFact } from '@lockstep/core'
import { createDecisionPoint, type PolicyDecisionPoint, watchPolicies } from '@lockstep/policy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PATIENT } from '../../../../test/patient.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { type PolicyFolder, policyFolder } from './policy-folder.ts'

const SCHEMA = `entity User;
entity Doc { amount: Long };
action read appliesTo { principal: User, resource: Doc, context: { intent: String } };
`
const upTo = (amount: number) =>
  `@id("a") permit (principal, action, resource) when { resource.amount <= ${amount} };\n`

let folder: PolicyFolder
let point: PolicyDecisionPoint
let stop = () => {}

beforeEach(() => {
  folder = policyFolder({ 'schema.cedarschema': SCHEMA, 'a.cedar': upTo(5000) })
  point = createDecisionPoint({ folder: folder.path })
})
afterEach(() => {
  stop()
  folder.remove()
})

function permits(amount: number): boolean {
  const resource: EntityFact = { type: 'Doc', id: 'd', attributes: { amount }, parents: [] }
  return point.decide(asked(resource)).effect === 'permit'
}

function asked(resource: EntityFact) {
  const facts = { entities: [], revision: '1' }
  return { principal: { type: 'User', id: 'u' }, action: 'read', resource, context: { intent: 'x' }, facts }
}

function residual() {
  const { resource: _, ...question } = asked({ type: 'Doc', id: 'd', attributes: {}, parents: [] })
  return JSON.stringify(point.residual({ ...question, resource: { type: 'Doc' }, unknownContext: [] }))
}

test(proves('policy:reload:next'), () => {
  const before = point.version
  expect([permits(4000), residual().includes('5000')]).toEqual([true, true])
  folder.write({ 'a.cedar': upTo(3000) })
  expect(point.reload()).toBe(true)
  expect(point.version).not.toBe(before)
  expect([permits(4000), permits(3000), residual().includes('3000')]).toEqual([false, true, true])
  // Versions alternate between two slots of the engine: neither may show through.
  folder.write({ 'a.cedar': upTo(5000) })
  expect(point.reload()).toBe(true)
  expect([point.version === before, permits(4000)]).toEqual([true, true])
  expect(point.reload()).toBe(false)
})

test.each([
  ['half-written', upTo(3000).slice(0, 40)],
  ['emptied', ''],
  ['misfit', upTo(3000).replace('amount', 'amuont')],
])(proves('policy:reload:broken', '%s'), (_name, text) => {
  const before = point.version
  folder.write({ 'a.cedar': text })
  expect(() => point.reload()).toThrow(expect.objectContaining({ code: 'policy.invalid' }))
  expect([point.version, permits(4000), permits(5001)]).toEqual([before, true, false])
  folder.write({ 'a.cedar': upTo(3000) })
  expect(point.reload()).toBe(true)
  expect(permits(4000)).toBe(false)
})

test(proves('policy:reload:watched'), async () => {
  const onReload = vi.fn()
  const onError = vi.fn()
  stop = watchPolicies(point, { every: 10, onReload, onError })

  folder.write({ 'a.cedar': upTo(3000) })
  await vi.waitFor(() => expect(onReload).toHaveBeenCalledWith(point.version), PATIENT)
  expect(permits(4000)).toBe(false)

  folder.write({ 'a.cedar': 'permit (' })
  await vi.waitFor(() => expect(onError).toHaveBeenCalled(), PATIENT)
  expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'policy.invalid' })
  expect([permits(4000), permits(3000)]).toEqual([false, true])

  // Editors write beside the file and rename.
  writeFileSync(join(folder.path, 'a.cedar.tmp'), upTo(2000))
  renameSync(join(folder.path, 'a.cedar.tmp'), join(folder.path, 'a.cedar'))
  await vi.waitFor(() => expect(permits(3000)).toBe(false), PATIENT)
  // One report for each broken state, not one for each look.
  expect(onError).toHaveBeenCalledTimes(1)

  stop()
  folder.write({ 'a.cedar': upTo(9000) })
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(permits(8000)).toBe(false)
})

test(proves('policy:reload:again'), async () => {
  const onError = vi.fn()
  let fails = true
  const reload = () => {
    if (fails) throw new Error('too many open files')
    return point.reload()
  }
  stop = watchPolicies(Object.create(point, { reload: { value: reload } }), { every: 1, onError })
  folder.write({ 'a.cedar': upTo(3000) })
  await vi.waitFor(() => expect(onError).toHaveBeenCalled(), PATIENT)
  expect(permits(4000)).toBe(true)
  fails = false
  await vi.waitFor(() => expect(permits(4000)).toBe(false), PATIENT)
  expect(onError).toHaveBeenCalledTimes(1)
})
