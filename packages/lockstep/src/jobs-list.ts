import { align } from './align.ts'
import type { Command } from './command.ts'
import { openNamedState } from './open-named-state.ts'
import { parseArguments } from './parse-arguments.ts'
import { STATE_NOTES, STATE_OPTIONS, STATE_USAGE, STATES_HELP } from './state-option.ts'
import { visibleText } from './visible-text.ts'

/** `lockstep jobs list`: what was granted and is not over. */
export const jobsList: Command = {
  name: 'jobs list',
  summary: 'lists the jobs that wait, run, or have an unknown outcome, oldest first',
  usage: STATE_USAGE,
  options: STATES_HELP,
  notes: ['Nothing that a job needs to run is shown: no arguments, and no grant.', ...STATE_NOTES],
  async run(args, output) {
    const { values } = parseArguments(args, STATE_OPTIONS)
    const state = await openNamedState(values)
    try {
      const jobs = await state.jobs.open()
      for (const job of jobs) {
        const pairs = [
          ['job', visibleText(job.id)],
          ['for', visibleText(job.purpose)],
          ['state', `${job.state}, started ${job.starts} of ${job.mostStarts} times`],
          ['subject', visibleText(job.subject)],
          ['actor', visibleText(job.actor)],
          ['tool', visibleText(job.tool)],
          ['trace', job.trace],
          ['until', new Date(job.expiresAt).toISOString()],
        ] as const
        output.say(`${new Date(job.grantedAt).toISOString()}\n${align(pairs)}`)
      }
      if (jobs.length === 0) output.say('no job waits or runs\n')
      return 0
    } finally {
      await state.close()
    }
  },
}
