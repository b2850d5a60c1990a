import type { Command } from './command.ts'
import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'
import { openOperated } from './open-operated.ts'
import { parseArguments } from './parse-arguments.ts'
import { showEvidence } from './show-evidence.ts'
import { UsageError } from './usage-error.ts'

const OPTIONS = {
  permission: { type: 'string' },
  reason: { type: 'string' },
  config: CONFIG_OPTION,
  json: { type: 'boolean' },
} as const

/** `lockstep restore`: an operator gives a revoked permission back. */
export const restore: Command = {
  name: 'restore',
  summary: 'gives a revoked permission back',
  usage: '--permission <id> --reason <text> [--config <file>] [--json]',
  options: [
    ['--permission <id>', 'a permit by its `@id`, or an action'],
    ['--reason <text>', 'why; it is recorded in the audit log'],
    CONFIG_HELP,
    ['--json', 'one JSON object'],
  ],
  notes: ['Nothing else is restored: whoever was revoked signs in again.'],
  async run(args, output) {
    const { permission, reason, config, json } = parseArguments(args, OPTIONS).values
    if (permission === undefined) throw new UsageError('`--permission` is missing')
    if (reason === undefined) throw new UsageError('`--reason` is missing')
    const operated = await openOperated(config)
    try {
      const evidence = await operated.restore({ permission }, reason)
      output.say(showEvidence('restored', `permission ${permission}`, evidence, json))
      return 0
    } catch (error) {
      // What cannot be meant was given on the command line.
      if (error instanceof TypeError) throw new UsageError(error.message)
      throw error
    } finally {
      await operated.close()
    }
  },
}
