import { align } from './align.ts'
import type { Command } from './command.ts'
import { openNamedState } from './open-named-state.ts'
import { parseArguments } from './parse-arguments.ts'
import { STATE_NOTES, STATE_OPTIONS, STATE_USAGE, STATES_HELP } from './state-option.ts'
import { unresolvedCalls } from './unresolved-calls.ts'
import { visibleText } from './visible-text.ts'

/** `lockstep calls list`: the calls whose outcome nobody knows. */
export const callsList: Command = {
  name: 'calls list',
  summary: 'lists the calls whose outcome is unknown, oldest first',
  usage: STATE_USAGE,
  options: STATES_HELP,
  notes: [
    'A call has an unknown outcome when the process died after it was let through and before its answer was kept.',
    'What it reserved of a sum counts until then. A call without an idempotency key is named by its id.',
    'A job is named by its own id, beside the call that granted it.',
    ...STATE_NOTES,
  ],
  async run(args, output) {
    const { values } = parseArguments(args, STATE_OPTIONS)
    const state = await openNamedState(values)
    try {
      const calls = await unresolvedCalls(state)
      if (calls.length === 0) {
        output.say('no call has an unknown outcome\n')
        return 0
      }
      for (const { key, call, at, purpose } of calls) {
        const pairs = [
          ['call', visibleText(call)],
          ['key', visibleText(key)],
          ...(purpose === undefined ? [] : [['job', visibleText(purpose)] as const]),
        ] as const
        output.say(`${new Date(at).toISOString()}\n${align(pairs)}`)
      }
      output.say('find out whether each happened, then: lockstep calls resolve --happened|--did-not-happen -- <key>\n')
      return 0
    } finally {
      await state.close()
    }
  },
}
