import { isJsonObject } from '@lockstep/core'
import type { ExplainedCall } from '@lockstep/mcp'
import type { Command } from './command.ts'
import { explainDenials, explainRecorded } from './explain-recorded.ts'
import { CONFIG_HELP, CONFIG_OPTION, openConfigured } from './open-configured.ts'
import type { Output } from './output.ts'
import { parseArguments } from './parse-arguments.ts'
import { readJsonOption } from './read-json-option.ts'
import { showExplanation } from './show-explanation.ts'
import { STATE_HELP, STATE_OPTION } from './state-option.ts'
import { UsageError } from './usage-error.ts'
import { visibleJson } from './visible-text.ts'

const OPTIONS = {
  config: CONFIG_OPTION,
  state: STATE_OPTION,
  as: { type: 'string' },
  issuer: { type: 'string' },
  actor: { type: 'string' },
  tool: { type: 'string' },
  args: { type: 'string' },
  acr: { type: 'string' },
  'sign-in-age': { type: 'string' },
  label: { type: 'string', multiple: true },
  history: { type: 'string' },
  proof: { type: 'string' },
  reveal: { type: 'boolean' },
  denied: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** `lockstep explain`: why a call was, or would be, permitted or denied. */
export const explain: Command = {
  name: 'explain',
  summary: 'says why a call is permitted or denied: a recorded one, or one that nobody made',
  usage: '<decision> | --denied | --as <subject> --actor <actor> --tool <tool> [--args <json|@file>] [options]',
  options: [
    ['<decision>', 'a trace (32 hexadecimal digits) or the id of a call, as the audit log has them'],
    ['--denied', 'the last denials of the audit log'],
    ['--as <subject>', 'the `sub` of a person'],
    ['--issuer <issuer>', "the person's issuer (default: the only one configured)"],
    ['--actor <actor>', 'the actor that acts for them'],
    ['--tool <tool>', 'the tool'],
    ['--args <json|@file>', 'its arguments, as JSON or in a file (default: none)'],
    ['--acr <acr>', 'what the sign-in reaches (default: none of the declared values)'],
    ['--sign-in-age <seconds>', 'how long ago the person signed in (default: not known)'],
    ['--label <label>', 'what was read before; can be given several times'],
    [
      '--history <json|@file>',
      'what was done before, as `context.history` has it (default: what a shared state remembers)',
    ],
    ['--proof <kind>', '`dpop`, `mtls`, `dpop+mtls` or `bearer` (default: dpop)'],
    ['--reveal', 'tells attributes of the resource that the person may not view as well'],
    CONFIG_HELP,
    STATE_HELP,
    ['--json', 'one JSON object'],
  ],
  notes: [
    'A call that nobody made is decided on by the configured policies, relationships and stored resources, as they are now; nothing is',
    'recorded, requested or used up. A recorded decision is told from its record, which holds digests and no arguments.',
  ],
  async run(args, output) {
    const { values, positionals } = parseArguments(args, OPTIONS, ['decision?'])
    const [decision] = positionals
    const { as, actor, tool } = values
    const asked = as !== undefined || actor !== undefined || tool !== undefined
    if ([decision !== undefined, values.denied, asked].filter(Boolean).length > 1) {
      throw new UsageError('say either <decision>, or --denied, or --as, --actor and --tool')
    }
    if (values.denied) return explainDenials(values, output)
    if (decision !== undefined) return explainRecorded(decision, values, output)
    if (as === undefined || actor === undefined || tool === undefined) {
      throw new UsageError('<decision> is missing, or --as, --actor and --tool')
    }
    return explainAsked({ ...values, as, actor, tool }, output)
  },
}

type Asked = Omit<ReturnType<typeof parseArguments<typeof OPTIONS>>['values'], 'as' | 'actor' | 'tool'> & {
  readonly as: string
  readonly actor: string
  readonly tool: string
}

async function explainAsked(values: Asked, output: Output): Promise<0 | 1> {
  const { as, issuer, actor, tool, acr, label, reveal } = values
  const given = values.args === undefined ? {} : await readJsonOption('args', values.args)
  if (!isJsonObject(given)) throw new UsageError('`--args` must be a JSON object')
  const age = values['sign-in-age']
  if (age !== undefined && !/^\d{1,9}$/.test(age)) throw new UsageError('`--sign-in-age` must be whole seconds')
  const signInAge = age === undefined ? undefined : Number(age)
  const history = values.history === undefined ? undefined : await readJsonOption('history', values.history)
  if (history !== undefined && !isJsonObject(history)) throw new UsageError('`--history` must be a JSON object')
  const proof = PROOFS.find((kind) => kind === (values.proof ?? 'dpop'))
  if (!proof) throw new UsageError(`\`--proof\` must be one of ${PROOFS.join(', ')}`)
  const { lockstep } = await openConfigured(values.config)
  try {
    const asked = {
      subject: { id: as, issuer },
      actor: { id: actor },
      tool,
      arguments: given,
      acr,
      signInAge,
      proof,
      reveal,
    }
    const explanation = await lockstep.explain({ ...asked, ...(label ? { labels: label } : {}), history })
    output.say(values.json ? `${visibleJson(explanation)}\n` : showExplanation(explanation))
    return 0
  } catch (error) {
    // What cannot be meant was given on the command line.
    if (error instanceof TypeError) throw new UsageError(error.message)
    throw error
  } finally {
    await lockstep.close()
  }
}

const PROOFS: readonly NonNullable<ExplainedCall['proof']>[] = ['dpop', 'mtls', 'dpop+mtls', 'bearer']
