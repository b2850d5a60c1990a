import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import type { JsonObject, Value, VisibleMembers } from '@lockstep/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manifestSchemas } from '../../packages/bindings/mcp/src/manifest-schemas.ts'
import { encodeRecord } from '../../packages/engines/policy/src/encode-value.ts'
import { fitQuestion } from '../../packages/engines/policy/src/fit-question.ts'
import { parseSchema } from '../../packages/engines/policy/src/parse-schema.ts'
import { generateSchema } from '../../packages/engines/policy/src/schema/generate-schema.ts'
import { visibleArguments } from '../../packages/layers/3-invocation/src/visible-arguments.ts'
import { runs, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { randomInput } from './random-json-schema.ts'

const POINTER = '/tools/0/inputSchema'
const CONTEXT: Readonly<Record<string, Value>> = {
  intent: 'act',
  actor: { entity: { type: 'Agent', id: 'a' } },
  proof: 'dpop',
  acr: { set: [] },
  labels: { set: [] },
}

type Arguments = { readonly record: Readonly<Record<string, Value>> }

/** What Cedar itself says of a request with these arguments; it validates it by the generated schema. */
function cedarTakes(schema: string, given: Arguments | undefined): boolean {
  const answer = cedar.isAuthorized({
    principal: { type: 'User', id: 'u' },
    action: { type: 'Action', id: 'act' },
    resource: { type: 'Tool', id: 'act' },
    context: encodeRecord({ ...CONTEXT, ...(given && { arguments: given }) }),
    schema,
    validateRequest: true,
    policies: { staticPolicies: { all: 'permit (principal, action, resource);' } },
    entities: [],
  })
  return answer.type === 'success' && answer.response.decision === 'allow'
}

function runtimeTakes({ rules }: ReturnType<typeof parseSchema>, given: Arguments | undefined): boolean {
  const facts = { entities: [], revision: '' }
  const resource = { type: 'Tool', id: 'act', attributes: {}, parents: [] }
  const context = { ...CONTEXT, ...(given && { arguments: given }) }
  try {
    fitQuestion({ principal: { type: 'User', id: 'u' }, action: 'act', resource, context, facts }, rules)
    return true
  } catch {
    return false
  }
}

/** The same arguments with one value, somewhere, of another shape. */
function* misshapen(value: Value): Generator<Value> {
  yield typeof value === 'string' ? 7 : 'text'
  if (typeof value !== 'object') return
  if ('record' in value) {
    for (const [name, member] of Object.entries(value.record)) {
      for (const other of misshapen(member)) yield { record: { ...value.record, [name]: other } }
    }
    yield { record: { ...value.record, 'of no schema': 1 } }
  } else if ('set' in value) {
    const [first, ...rest] = value.set
    if (first !== undefined) for (const other of misshapen(first)) yield { set: [other, ...rest] }
  }
}

/** The same arguments without one member, and whether it may be left out. */
function* shortened(value: Arguments, members: VisibleMembers): Generator<readonly [Arguments, boolean]> {
  for (const [name, { required, shape }] of members) {
    const { [name]: member, ...rest } = value.record
    if (member === undefined) continue
    yield [{ record: rest }, !required]
    if (typeof member !== 'object' || !('record' in member) || !('members' in shape)) continue
    for (const [other, may] of shortened(member, shape.members)) yield [{ record: { ...rest, [name]: other } }, may]
  }
}

test(
  proves('policy:schema:accepts'),
  async () => {
    const seen = { mapped: 0, refused: 0, gaps: 0 }
    const cases = randomInput.chain(({ schema, value }) => value.map((given) => ({ schema, given })))
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(), async ({ schema, given }, pick) => {
        const input = { schema, pointer: POINTER }
        const { text, gaps } = generateSchema({
          tools: [{ name: 'act', action: 'act', approvable: false, input }],
          entities: [],
        })
        const parsed = await manifestSchemas(new Map([['act', input]]), ['act'])
          .get('act')
          ?.['~standard'].validate(given)
        if (!parsed || parsed.issues) throw new Error(`not valid: ${JSON.stringify(parsed?.issues)}`)
        const declared = parseSchema(text)
        const members = declared.actions.get('act')?.told.arguments
        const seenArguments = visibleArguments(members, parsed.value as JsonObject).arguments as Arguments | undefined
        expect(cedarTakes(text, seenArguments)).toBe(true)
        expect(runtimeTakes(declared, seenArguments)).toBe(true)
        seen.gaps += gaps.length > 0 ? 1 : 0
        if (!seenArguments || !members) return
        seen.mapped += 1
        const wrong = [...misshapen(seenArguments)]
        const other = wrong[pick % wrong.length] as Arguments
        expect([cedarTakes(text, other), runtimeTakes(declared, other)]).toEqual([false, false])
        seen.refused += 1
        const shorter = [...shortened(seenArguments, members)]
        const [without, may] = shorter[pick % shorter.length] ?? []
        if (without) expect([cedarTakes(text, without), runtimeTakes(declared, without)]).toEqual([may, may])
      }),
      { numRuns: runs(150) },
    )
    // Neither side of the property holds because nothing was asked.
    expect(seen.mapped).toBeGreaterThan(75)
    expect(seen.refused).toBe(seen.mapped)
    expect(seen.gaps).toBeGreaterThan(15)
  },
  within(240_000),
)
