import { loadConfiguration } from '@lockstep/mcp'
import { generateSchema } from '@lockstep/policy'
import type { Command } from './command.ts'
import { describeServer } from './describe-server.ts'
import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'
import type { Output } from './output.ts'
import { parseArguments } from './parse-arguments.ts'
import { visibleText } from './visible-text.ts'
import { writeNew } from './write-new.ts'

const OPTIONS = {
  config: CONFIG_OPTION,
  manifest: { type: 'string' },
  out: { type: 'string' },
  partial: { type: 'boolean' },
} as const

/** `lockstep policy schema`: the Cedar schema that follows from the tools and the tables. */
export const policySchema: Command = {
  name: 'policy schema',
  summary: 'generates the Cedar schema from the tools and the tables',
  usage: '[--config <file>] [--manifest <file>] [--out <file>] [--partial]',
  options: [
    CONFIG_HELP,
    ['--manifest <file>', "the server's tools as JSON (default: the configured `manifest`)"],
    ['--out <file>', 'a new file for the schema (default: standard output)'],
    ['--partial', 'exit code 0 also when something could not be mapped'],
  ],
  notes: [
    'What Cedar has no type for is named: in the schema as a comment in its place, and on standard error with a JSON pointer.',
    'An existing file is never overwritten: once it is there the schema is yours, and `policy check` compares it.',
  ],
  async run(args, output) {
    const { values } = parseArguments(args, OPTIONS)
    const { configuration, folder } = await loadConfiguration(values.config)
    const description = await describeServer(configuration, folder, { manifest: values.manifest })
    const { text, gaps } = generateSchema(description.input)
    if (values.out === undefined) output.say(text)
    else await writeNew(values.out, text)
    for (const { pointer, says } of gaps) complain(output, `${pointer}: ${says}`)
    for (const { table, says } of description.database.faults) complain(output, `${table}: ${says}`)
    for (const name of description.undeclared)
      complain(output, `${name}: stands in the manifest only; no caller reaches it`)
    if (description.database.state === 'unreachable')
      complain(output, 'the database was not reachable: no column is known to be NULL')
    return gaps.length === 0 || values.partial === true ? 0 : 1
  },
}

function complain(output: Output, text: string): void {
  output.complain(`lockstep policy schema: ${visibleText(text)}\n`)
}
