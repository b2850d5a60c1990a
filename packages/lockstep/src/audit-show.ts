import { readTrace } from '@lockstep/audit'
import type { Command } from './command.ts'
import { findAuditFolder } from './find-audit-folder.ts'
import { parseArguments } from './parse-arguments.ts'
import { showRecord } from './show-record.ts'
import { STATE_HELP, STATE_OPTION } from './state-option.ts'
import { unknownOutcomes } from './unknown-outcomes.ts'
import { UsageError } from './usage-error.ts'
import { visibleJson } from './visible-text.ts'

/** `lockstep audit show`: the chain of one trace through the layers. */
export const auditShow: Command = {
  name: 'audit show',
  summary: 'shows the chain of one trace: gateway, discovery, invocation, execution, response',
  usage: '<trace> [--state <folder>] [--json]',
  options: [
    ['<trace>', 'the W3C trace id: 32 hexadecimal digits'],
    STATE_HELP,
    ['--json', 'one JSON object: trace, records, and outcomeUnknown (the seq of intents without an outcome)'],
  ],
  notes: ['Every record up to the end of the log is held against its own hash; `audit verify` checks the signatures.'],
  async run(args, output) {
    const { values, positionals } = parseArguments(args, { state: STATE_OPTION, json: { type: 'boolean' } }, ['trace'])
    const trace = (positionals[0] ?? '').toLowerCase()
    if (!/^[0-9a-f]{32}$/.test(trace)) throw new UsageError('<trace> must be 32 hexadecimal digits')
    const records = await readTrace(await findAuditFolder(values.state), trace)
    if (records.length === 0) {
      output.complain(`lockstep audit show: the log has no record of trace ${trace}\n`)
      return 1
    }
    const unknown = unknownOutcomes(records)
    if (values.json) output.say(`${visibleJson({ trace, records, outcomeUnknown: [...unknown] })}\n`)
    else {
      const shown = records.map((record) => showRecord(record, unknown.has(record.seq)))
      output.say([`trace ${trace}\n`, ...shown].join('\n'))
    }
    return 0
  },
}
