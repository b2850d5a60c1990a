import type { Screen } from './screen.ts'
import type { Stage } from './stage.ts'

/** A row of the comparison: what each arm let through, taken from the run. */
export interface Comparison {
  readonly what: string
  readonly oauthOnly: string
  readonly lockstep: string
}

/** One step of the story. It tells what happens, checks that it happened as told, and returns what each arm let through. */
export interface Step {
  readonly name: string
  readonly title: string
  play(stage: Stage, screen: Screen): Promise<readonly Comparison[]>
}

/** A step did not go as told. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'
}

/** Fails the step unless the condition holds. */
export function expectThat(condition: unknown, told: string): asserts condition {
  if (!condition) throw new StepFailed(`expected that ${told}`)
}
