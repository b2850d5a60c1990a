import type { Command } from './command.ts'
import { openNamedState } from './open-named-state.ts'
import { parseArguments } from './parse-arguments.ts'
import { recordWord, sayDone } from './record-word.ts'
import { STATE_NOTES, STATE_OPTIONS, STATE_USAGE, STATES_HELP } from './state-option.ts'

/** `lockstep approvals withdraw`: an operator takes a request for consent, or unused consent, back. */
export const approvalsWithdraw: Command = {
  name: 'approvals withdraw',
  summary: 'takes a request for consent back, also one that was consented to and not used',
  usage: `${STATE_USAGE} [--] <request>`,
  options: [
    ['<request>', 'the id that `approvals list` shows; write `-- <request>` when it begins with a dash'],
    ...STATES_HELP,
  ],
  notes: ['It is recorded in the audit log. The same call may ask anew.', ...STATE_NOTES],
  async run(args, output) {
    const { values, positionals } = parseArguments(args, STATE_OPTIONS, ['request'])
    const [id = ''] = positionals
    const state = await openNamedState(values)
    try {
      const known = id === '' ? undefined : await state.approvals.get(id)
      const isOpen = known?.state === 'pending' || known?.state === 'approved'
      const detail = { reason: 'lockstep approvals withdraw', approval: id }
      const word = isOpen ? await recordWord(state, detail, () => state.approvals.withdraw(id)) : undefined
      if (!word?.isDone) {
        output.complain('lockstep approvals withdraw: no request with this id waits or is unused\n')
        return 1
      }
      sayDone(output, 'withdrawn: nobody can consent to it or use it', word)
      return 0
    } finally {
      await state.close()
    }
  },
}
