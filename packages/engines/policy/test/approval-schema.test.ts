import { parsePolicies } from '@lockstep/policy'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { checkDrift } from '../src/schema/check-drift.ts'
import { generateSchema } from '../src/schema/generate-schema.ts'

const tools = [{ name: 'pay', action: 'pay', resource: 'Account', approvable: true }]
const PERMIT = '@id("pay") permit (principal, action == Action::"pay", resource);'

test.each([
  ['{ by: User }', []],
  ['{ by: User, count: Long }', []],
  ['{ by: User, count: Long, under: { coApproverFor: Long, controllerFor: Long } }', []],
  ['{ by: User, count: String }', ['pay context.approval type-changed']],
  ['{ by: User, under: { coApproverFor: Bool } }', ['pay context.approval type-changed']],
  ['{ by: User, others: Long }', ['pay context.approval type-changed']],
  ['{ count: Long }', ['pay context.approval type-changed']],
])(proves('invocation:approval:people', 'declared as %s'), (declared, drift) => {
  const { text } = generateSchema({ tools, entities: [] })
  expect(text).toContain('approval?: { by: User }')
  const schema = text.replace('approval?: { by: User }', `approval?: ${declared}`)
  const bundle = parsePolicies({ 'schema.cedarschema': schema, 'pay.cedar': PERMIT })
  expect(checkDrift(bundle, { tools, entities: [], tablesOnly: true }).map(({ at, kind }) => `${at} ${kind}`)).toEqual(
    drift,
  )
})
