import { historyMembers } from '@lockstep/core'
import { parsePolicies } from '@lockstep/policy'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { checkDrift } from '../src/schema/check-drift.ts'
import { generateSchema, type SchemaTool } from '../src/schema/generate-schema.ts'

const RULES = {
  sums: { paid: { currency: 'EUR', window: '1 day', per: 'subject', tools: { pay: { argument: 'a' } } } },
  counts: { 'calls-a-day': { window: '1 day', per: 'subject', tools: ['pay'], seenBy: ['look'] } },
  uses: ['pay'],
  anomaly: { tools: ['look'] },
} as const
const tool = (name: string, action = name, hasResource = false): SchemaTool => ({
  ...{ name, action, approvable: false, classed: name === 'pay' },
  ...(hasResource ? { resource: 'Account' } : {}),
  history: historyMembers(RULES, name, hasResource),
})
const contextOf = (text: string, action: string) =>
  new RegExp(`action ${action} appliesTo \\{[\\s\\S]*?\\n\\};`).exec(text)?.[0].replace(/\s+/g, ' ') ?? ''

test(proves('sequences:schema', 'each tool has what its rules tell'), () => {
  const { text } = generateSchema({ tools: [tool('pay', 'pay', true), tool('look'), tool('plain')], entities: [] })
  expect(contextOf(text, 'pay')).toContain(
    'history: { firstUse: Bool, firstUseOfResource: Bool, secondsSinceUse?: Long, counts: { "calls-a-day": Long, }, sums: { paid: Long, }, },',
  )
  expect(contextOf(text, 'pay')).toContain('sensitivity: String')
  expect(contextOf(text, 'look')).toContain('history: { anomaly: Long, counts: { "calls-a-day": Long, }, },')
  expect(contextOf(text, 'plain')).not.toMatch(/history|sensitivity/)
})

test(proves('sequences:schema', 'tools of one action share what all of them have'), () => {
  const both = generateSchema({ tools: [tool('pay', 'act'), tool('look', 'act')], entities: [] }).text
  expect(contextOf(both, 'act')).toContain(
    'history: { anomaly?: Long, firstUse?: Bool, secondsSinceUse?: Long, counts: { "calls-a-day": Long, }, sums?: { paid?: Long, }, },',
  )
  expect(contextOf(both, 'act'), 'one of the two has a class').toContain('sensitivity?: String')
  const some = generateSchema({ tools: [tool('pay', 'act'), tool('plain', 'act')], entities: [] }).text
  expect(contextOf(some, 'act')).toContain('history?: {')
})

test(proves('sequences:schema', 'what does not fit is told'), () => {
  const tools = [tool('pay'), tool('plain')]
  const { text } = generateSchema({ tools, entities: [] })
  const permits = ['pay', 'plain']
    .map((name) => `@id("${name}") permit (principal, action == Action::"${name}", resource);`)
    .join('\n')
  const drift = (change: (text: string) => string) => {
    const bundle = parsePolicies({ 'schema.cedarschema': change(text), 'all.cedar': permits })
    return checkDrift(bundle, { tools, entities: [], tablesOnly: true }).map(({ at, kind }) => `${at} ${kind}`)
  }
  expect(drift((same) => same)).toEqual([])
  expect(
    drift((all) => all.replace(/ {4}history: \{[\s\S]*?\n {4}\},\n/, '')),
    'nobody must look',
  ).toEqual([])
  expect(drift((all) => all.replace('paid: Long', 'paid: String'))).toEqual([
    'pay context.history.sums.paid type-changed',
  ])
  expect(drift((all) => all.replace('paid: Long', 'paid: Long, spent: Long'))).toEqual([
    'pay context.history.sums.spent argument-gone',
  ])
  expect(drift((all) => all.replace('secondsSinceUse?: Long', 'secondsSinceUse: Long'))).toEqual([
    'pay context.history.secondsSinceUse type-changed',
  ])
})
