import type { Screen } from './screen.ts'
import type { Stage } from './stage.ts'
import { type Comparison, type Step, StepFailed } from './step.ts'
import { whoSeesWhat } from './steps/step-1-who-sees-what.ts'
import { approveOnce } from './steps/step-2-approve-once.ts'
import { stolenToken } from './steps/step-4-stolen-token.ts'
import { secondPerson } from './steps/step-5-second-person.ts'
import { rowsAndColumns } from './steps/step-6-rows-and-columns.ts'
import { agentWrittenSql } from './steps/step-7-agent-written-sql.ts'
import { sequence } from './steps/step-8-sequence.ts'
import { relationRemoved } from './steps/step-9-relation-removed.ts'
import { verifiedLog } from './steps/step-10-verified-log.ts'
import { policyEdited } from './steps/step-11-policy-edited.ts'

const STEPS: readonly Step[] = [
  whoSeesWhat,
  approveOnce,
  stolenToken,
  secondPerson,
  rowsAndColumns,
  agentWrittenSql,
  sequence,
  relationRemoved,
  verifiedLog,
  policyEdited,
]

/** Plays every step in order and shows the comparison. Resolves to whether all went as told; the step that did not is named. */
export async function playStory(stage: Stage, screen: Screen): Promise<boolean> {
  const rows: Comparison[] = []
  screen.line('The expense story: one scripted agent, the same handlers twice, behind OAuth alone and behind Lockstep.')
  screen.line()
  screen.line('  user:alice  finance, manages department 42, approves up to 5,000.00')
  screen.line('  user:bob    finance, co-approver for department 42')
  screen.line('  user:carol  finance, department 7')
  screen.line('  user:dave   department 42, not in finance')
  screen.line(`  agent       ${stage.actor}`)
  for (const step of STEPS) {
    screen.heading(step.title)
    try {
      rows.push(...(await step.play(stage, screen)))
    } catch (error) {
      const reason =
        error instanceof StepFailed ? error.message : error instanceof Error ? (error.stack ?? '') : String(error)
      screen.line()
      screen.line(`FAILED at ${step.name}: ${reason}`)
      return false
    }
  }
  const { tally } = stage
  rows.unshift({
    what: 'legitimate calls that succeeded',
    oauthOnly: `${tally['oauth-only'].succeeded} of ${tally['oauth-only'].asked}`,
    lockstep: `${tally.lockstep.succeeded} of ${tally.lockstep.asked}`,
  })
  screen.heading('What each let through')
  screen.table(
    ['', 'OAuth only', 'Lockstep'],
    rows.map(({ what, oauthOnly, lockstep }) => [what, oauthOnly, lockstep]),
  )
  screen.line()
  screen.line(`All ${STEPS.length} steps went as told.`)
  return true
}
