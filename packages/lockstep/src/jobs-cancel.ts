import type { Command } from './command.ts'
import { openNamedState } from './open-named-state.ts'
import { parseArguments } from './parse-arguments.ts'
import { recordWord, sayDone } from './record-word.ts'
import { STATE_NOTES, STATE_OPTIONS, STATE_USAGE, STATES_HELP } from './state-option.ts'

/** `lockstep jobs cancel`: a granted job is not started any more. */
export const jobsCancel: Command = {
  name: 'jobs cancel',
  summary: 'cancels a job that waits or runs',
  usage: `${STATE_USAGE} [--] <job>`,
  options: [['<job>', 'the id that `jobs list` shows; write `-- <job>` when it begins with a dash'], ...STATES_HELP],
  notes: [
    'It is recorded in the audit log. On a server it is `lockstep.cancelJob()`.',
    ...STATE_NOTES,
    'A job with an unknown outcome is resolved instead: lockstep calls resolve',
  ],
  async run(args, output) {
    const { values, positionals } = parseArguments(args, STATE_OPTIONS, ['job'])
    const [id = ''] = positionals
    const state = await openNamedState(values)
    try {
      const job = await state.jobs.get(id)
      const isOpen = job?.state === 'waiting' || job?.state === 'running'
      const detail = { reason: 'lockstep jobs cancel', grant: id }
      const word = isOpen ? await recordWord(state, detail, () => state.jobs.cancel(id)) : undefined
      if (!word?.isDone) {
        output.complain('lockstep jobs cancel: no job with this id waits or runs\n')
        return 1
      }
      sayDone(output, 'cancelled: it is not started any more', word)
      return 0
    } finally {
      await state.close()
    }
  },
}
