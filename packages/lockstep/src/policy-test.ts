import { type PolicyTestReport, testPolicies } from '@lockstep/testing'
import type { Command } from './command.ts'
import { CONFIG_HELP, CONFIG_OPTION, openConfigured } from './open-configured.ts'
import { parseArguments } from './parse-arguments.ts'
import { findExpectations, readExpectationFiles } from './read-expectation-files.ts'
import { UsageError } from './usage-error.ts'
import { visibleJson, visibleText } from './visible-text.ts'

/** `lockstep policy test`: holds the policies against tables of expectations. */
export const policyTest: Command = {
  name: 'policy test',
  summary: 'holds the policies against what they are expected to decide',
  usage: '[--config <file>] [--all-policies] [--json] [<file>...]',
  options: [
    ['<file>...', 'tables of expectations (default: `expectations.ts` or `.json` in the policy folder)'],
    CONFIG_HELP,
    ['--all-policies', 'a policy that decides none of them is a failure too'],
    ['--json', 'one JSON object: rows, and the ids of policies that decided nothing'],
  ],
  notes: ['Exit code 1 when an expectation does not hold.'],
  async run(args, output) {
    const options = { config: CONFIG_OPTION, 'all-policies': { type: 'boolean' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArguments(args, options, '<file>')
    const { lockstep, policies } = await openConfigured(values.config)
    try {
      const found = positionals.length > 0 ? positionals : [findExpectations(policies) ?? noTable(policies)]
      const report = await testPolicies(lockstep, await readExpectationFiles(found))
      output.say(values.json ? sayJson(report) : sayText(report))
      const failed = report.rows.some(({ passed }) => !passed)
      return failed || (values['all-policies'] && report.undecided.length > 0) ? 1 : 0
    } catch (error) {
      // A table that cannot be meant.
      if (error instanceof TypeError) throw new UsageError(error.message)
      throw error
    } finally {
      await lockstep.close()
    }
  },
}

function noTable(policies: string): never {
  throw new UsageError(`there is no \`expectations.ts\` or \`expectations.json\` in \`${policies}\``)
}

function sayJson({ rows, undecided }: PolicyTestReport): string {
  const told = rows.map(({ explanation: _, ...row }) => row)
  return `${visibleJson({ rows: told, undecided: undecided.map(({ id }) => id) })}\n`
}

function sayText({ rows, undecided }: PolicyTestReport): string {
  const held = rows.filter(({ passed }) => passed).length
  const width = Math.max(...rows.map(({ name }) => visibleText(name).length))
  const lines = rows.map(({ name, passed, expected, actual }) =>
    passed
      ? `ok      ${visibleText(name).padEnd(width)}  ${visibleText(actual)}\n`
      : `differs ${visibleText(name)}\n          expected  ${visibleText(expected)}\n          got       ${visibleText(actual)}\n`,
  )
  const places = undecided.map(({ id, file, line }) => `  ${visibleText(id)} (${visibleText(file)}:${line})\n`)
  return [
    ...lines,
    `\n${held} of ${rows.length} expectations hold\n`,
    ...(places.length > 0
      ? ['policies that decided none of them:\n', ...places]
      : ['every policy decided one of them\n']),
  ].join('')
}
