import { randomBytes } from 'node:crypto'
import type { AuditEvent } from '@lockstep/core'
import type { Command } from './command.ts'
import { openExistingLog } from './open-existing-log.ts'
import { openExistingState } from './open-existing-state.ts'
import { parseArguments } from './parse-arguments.ts'
import { STATE_HELP, STATE_OPTION } from './state-option.ts'

/** `lockstep jobs cancel`: a granted job is not started any more. */
export const jobsCancel: Command = {
  name: 'jobs cancel',
  summary: 'cancels a job that waits or runs',
  usage: '[--state <folder>] [--] <job>',
  options: [['<job>', 'the id that `jobs list` shows; write `-- <job>` when it begins with a dash'], STATE_HELP],
  notes: [
    'It is recorded in the audit log. Stop the server first, or call `lockstep.cancelJob()` there.',
    'A job with an unknown outcome is resolved instead: lockstep calls resolve',
  ],
  async run(args, output) {
    const { values, positionals } = parseArguments(args, { state: STATE_OPTION }, ['job'])
    const [id = ''] = positionals
    const state = await openExistingState(values.state)
    const log = await openExistingLog(state)
    try {
      const job = await state.jobs.get(id)
      if (job?.state !== 'waiting' && job?.state !== 'running') {
        output.complain('lockstep jobs cancel: no job with this id waits or runs\n')
        return 1
      }
      const trace = randomBytes(16).toString('hex')
      const detail = { reason: 'lockstep jobs cancel', grant: id }
      const record = async (outcome: AuditEvent['outcome']) => log?.append({ trace, step: 'system', outcome, detail })
      await record('permitted')
      const isCancelled = await state.jobs.cancel(id)
      await record(isCancelled ? 'completed' : 'failed')
      output.say('cancelled: it is not started any more\n')
      output.say(log ? `recorded under trace ${trace}\n` : 'not recorded: the state has no audit log\n')
      return isCancelled ? 0 : 1
    } finally {
      await log?.close()
      await state.close()
    }
  },
}
