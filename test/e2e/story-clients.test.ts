import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectAgent } from '../../examples/expense-approval/story/agent-session.ts'
import { createScreen } from '../../examples/expense-approval/story/screen.ts'
import type { Step } from '../../examples/expense-approval/story/step.ts'
import { approveOnce } from '../../examples/expense-approval/story/steps/step-2-approve-once.ts'
import { secondPerson } from '../../examples/expense-approval/story/steps/step-5-second-person.ts'
import { rowsAndColumns } from '../../examples/expense-approval/story/steps/step-6-rows-and-columns.ts'
import { sequence } from '../../examples/expense-approval/story/steps/step-8-sequence.ts'
import { officialClients, type StoryClient } from '../../examples/expense-approval/story/story-client.ts'
import { lineClient } from '../fixtures/story/line-client.ts'
import { connectPlain, plainClient } from '../fixtures/story/plain-client.ts'
import { type Framework, openSharedStage, type SharedStage } from '../fixtures/story/shared-stage.ts'
import { proves } from '../requirements/index.ts'

/** One generation of the official clients, whatever the story would take. */
const official = (generation: '1.x' | '2.x'): StoryClient => ({
  ...officialClients,
  connect: (_, endpoint, { fetch }) => connectAgent(generation, endpoint, fetch),
})

const CLIENTS: readonly (readonly [name: string, client: StoryClient])[] = [
  ['the official client 1.x', official('1.x')],
  ['the official client 2.x', official('2.x')],
  ['the fetch of @lockstep/agent', { ...officialClients, connect: connectPlain }],
  ['plain fetch', plainClient],
]
const FRAMEWORKS: readonly Framework[] = ['Express', 'Koa']

/** Step 6 reads the confidential rows that step 8 is about. */
const STEPS: readonly Step[] = [approveOnce, secondPerson, rowsAndColumns, sequence]

let shared: SharedStage
beforeAll(async () => {
  shared = await openSharedStage()
})
afterAll(() => shared.close())

/** On a line there is no framework. */
const ON_LINES = (['1.x', '2.x'] as const).map(
  (generation) => [`the official client ${generation}`, 'over stdio', lineClient(generation, () => shared)] as const,
)
const CAST = [
  ...FRAMEWORKS.flatMap((framework) =>
    CLIENTS.map(([name, client]) => [name, `behind ${framework}`, client, framework] as const),
  ),
  ...ON_LINES,
] as const

describe.each(CAST)('%s %s', (_name, _where, client, framework = 'Express') => {
  beforeAll(() => shared.casts(client, framework))

  // Each step checks by itself what it tells, and throws when it went another way.
  test.each(STEPS.map((step) => [step.name, step] as const))(proves('story:clients', '%s'), async (_step, step) => {
    let told = ''
    await step.play(
      shared.stage,
      createScreen((text) => {
        told += text
      }),
    )
    expect(told).toContain('decided')
  })
})
