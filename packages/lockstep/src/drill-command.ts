import type { Revocable } from '@lockstep/core'
import { align } from './align.ts'
import type { Output } from './output.ts'
import { type DrillReport, runDrill } from './run-drill.ts'
import { UsageError } from './usage-error.ts'
import { visibleJson, visibleText } from './visible-text.ts'

/** What `lockstep revoke --drill` was called with. */
export interface DrillArguments {
  readonly revocable: Revocable
  readonly reason: string | undefined
  readonly config: string | undefined
  readonly json: boolean | undefined
}

/** Runs a drill and tells each of its steps. Resolves to 0 when every one held. An interrupt ends it early, after it was restored. */
export async function drillCommand(
  { revocable, reason, config, json }: DrillArguments,
  output: Output,
): Promise<0 | 1> {
  if (typeof revocable === 'string' || !('permission' in revocable))
    throw new UsageError('a drill needs `--permission`')
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const { permission } = revocable
    const report = await runDrill({ permission, reason: reason ?? 'a drill', config, signal: interrupted.signal })
    output.say(json ? `${visibleJson(report)}\n` : show(report))
    return report.steps.every(({ held }) => held) ? 0 : 1
  } catch (error) {
    // What cannot be meant was given on the command line, or stands in the table.
    if (error instanceof TypeError) throw new UsageError(error.message)
    throw error
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function show({ permission, call, steps, untested }: DrillReport): string {
  return [
    `drill: permission ${visibleText(permission)}, by the call: ${visibleText(call)}\n`,
    align(
      steps.map(({ step, held, ms }) => [
        held ? 'ok' : 'failed',
        `${step}${ms === undefined ? '' : `, after ${ms} ms`}`,
      ]),
    ),
    'not tested:\n',
    ...untested.map((what) => `  ${what}\n`),
  ].join('')
}
