import { randomBytes } from 'node:crypto'
import type { AuditEvent } from '@lockstep/core'
import type { Command } from './command.ts'
import { openExistingLog } from './open-existing-log.ts'
import { openExistingState } from './open-existing-state.ts'
import { parseArguments } from './parse-arguments.ts'
import { STATE_HELP, STATE_OPTION } from './state-option.ts'

/** `lockstep approvals withdraw`: an operator takes a request for consent, or unused consent, back. */
export const approvalsWithdraw: Command = {
  name: 'approvals withdraw',
  summary: 'takes a request for consent back, also one that was consented to and not used',
  usage: '[--state <folder>] [--] <request>',
  options: [
    ['<request>', 'the id that `approvals list` shows; write `-- <request>` when it begins with a dash'],
    STATE_HELP,
  ],
  notes: ['It is recorded in the audit log. The same call may ask anew. Stop the server first.'],
  async run(args, output) {
    const { values, positionals } = parseArguments(args, { state: STATE_OPTION }, ['request'])
    const [id = ''] = positionals
    const state = await openExistingState(values.state)
    const log = await openExistingLog(state)
    try {
      const known = id === '' ? undefined : await state.approvals.get(id)
      if (known?.state !== 'pending' && known?.state !== 'approved') {
        output.complain('lockstep approvals withdraw: no request with this id waits or is unused\n')
        return 1
      }
      const trace = randomBytes(16).toString('hex')
      const detail = { reason: 'lockstep approvals withdraw', approval: id }
      const record = async (outcome: AuditEvent['outcome']) => log?.append({ trace, step: 'system', outcome, detail })
      await record('permitted')
      const isWithdrawn = await state.approvals.withdraw(id)
      await record(isWithdrawn ? 'completed' : 'failed')
      output.say('withdrawn: nobody can consent to it or use it\n')
      output.say(log ? `recorded under trace ${trace}\n` : 'not recorded: the state has no audit log\n')
      return isWithdrawn ? 0 : 1
    } finally {
      await log?.close()
      await state.close()
    }
  },
}
