import type { Command } from './command.ts'
import { drillCommand } from './drill-command.ts'
import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'
import { openOperated } from './open-operated.ts'
import { parseArguments } from './parse-arguments.ts'
import { REVOCABLE_OPTIONS, readRevocable } from './read-revocable.ts'
import { showEvidence } from './show-evidence.ts'
import { UsageError } from './usage-error.ts'

const OPTIONS = {
  ...REVOCABLE_OPTIONS,
  reason: { type: 'string' },
  config: CONFIG_OPTION,
  drill: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** `lockstep revoke`: an operator takes back what was issued or permitted. */
export const revoke: Command = {
  name: 'revoke',
  summary: 'takes back what was issued or permitted, on every server over the same state',
  usage:
    '--subject|--client|--token|--actor|--capability|--permission <id> | --decisions | --everything --reason <text>',
  options: [
    ['--subject <id>', 'all that was issued to a person, by the `sub`; needs --issuer'],
    ['--client <id>', 'all that was issued to a client; needs --issuer'],
    ['--token <jti>', 'one access or transaction token; needs --issuer'],
    ['--issuer <issuer>', 'who issued it'],
    ['--actor <id>', 'all that was issued to an actor'],
    ['--capability <id>', 'one signed capability'],
    ['--permission <id>', 'a permit by its `@id`, or an action, until `lockstep restore`'],
    ['--decisions', 'all that was decided so far; who signed in stays signed in'],
    ['--everything', 'all that was issued and decided so far'],
    ['--reason <text>', 'why; it is recorded in the audit log'],
    CONFIG_HELP,
    ['--drill', 'with --permission: rehearses it and changes nothing; no --reason is needed'],
    ['--json', 'one JSON object'],
  ],
  notes: [
    'It takes effect here at once, and on every server over the same state within the configured bound. A server whose state is a',
    'folder is asked to do it while it runs.',
    'A drill takes a call of the table of expectations that the permission permits, and shows it permitted, refused and permitted again,',
    'here and in a second process over a shared state. Servers and their callers see nothing of it.',
  ],
  async run(args, output) {
    const { reason, config, json, drill, ...named } = parseArguments(args, OPTIONS).values
    const { revocable, shown } = readRevocable(named)
    if (drill) return drillCommand({ revocable, reason, config, json }, output)
    if (reason === undefined) throw new UsageError('`--reason` is missing')
    const operated = await openOperated(config)
    try {
      output.say(showEvidence('revoked', shown, await operated.revoke(revocable, reason), json))
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
