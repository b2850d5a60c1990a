import type { Command } from './command.ts'
import { openNamedState } from './open-named-state.ts'
import { parseArguments } from './parse-arguments.ts'
import { sayDone } from './record-word.ts'
import { resolveCall } from './resolve-call.ts'
import { STATE_NOTES, STATE_OPTIONS, STATE_USAGE, STATES_HELP } from './state-option.ts'
import { UsageError } from './usage-error.ts'

/** `lockstep calls resolve`: an operator's word on a call whose outcome nobody knew. */
export const callsResolve: Command = {
  name: 'calls resolve',
  summary: 'closes a call whose outcome was unknown',
  usage: `--happened|--did-not-happen ${STATE_USAGE} [--] <key>`,
  options: [
    ['<key>', 'the key that `calls list` shows; write `-- <key>` when it begins with a dash'],
    ['--happened', 'the effect is there: a retry is refused for good, and what it reserved is spent'],
    ['--did-not-happen', 'there is no effect: a retry may run, and what it reserved is given back'],
    ...STATES_HELP,
  ],
  notes: [
    'Look at the effect itself before you answer: a call that is let run again by mistake happens twice. What you say is',
    'recorded in the audit log.',
    ...STATE_NOTES,
  ],
  async run(args, output) {
    const { values, positionals } = parseArguments(
      args,
      { ...STATE_OPTIONS, happened: { type: 'boolean' }, 'did-not-happen': { type: 'boolean' } },
      ['key'],
    )
    const { happened = false, 'did-not-happen': didNot = false } = values
    if (happened === didNot) throw new UsageError('say either --happened or --did-not-happen')
    const state = await openNamedState(values)
    try {
      const done = await resolveCall(state, positionals[0] ?? '', happened ? 'happened' : 'did-not-happen')
      if (!done?.isDone) {
        output.complain('lockstep calls resolve: no call with an unknown outcome has this key\n')
        return 1
      }
      sayDone(output, happened ? 'closed: a retry is refused' : 'released: a retry may run', done)
      return 0
    } finally {
      await state.close()
    }
  },
}
