import { type DescribedPolicy, type EntityFact, isLockstepError } from '@lockstep/core'
import type { StatementExplainer } from '@lockstep/mcp'
import { answerLines } from './answer-lines.ts'
import type { Command } from './command.ts'
import { describeRefusal, describeStatement, type StatementExplanation } from './describe-statement.ts'
import { CONFIG_HELP, CONFIG_OPTION, openConfigured } from './open-configured.ts'
import { parseArguments } from './parse-arguments.ts'
import { readJsonOption } from './read-json-option.ts'
import { showStatement } from './show-statement.ts'
import { UsageError } from './usage-error.ts'
import { visibleJson } from './visible-text.ts'

const OPTIONS = {
  config: CONFIG_OPTION,
  subject: { type: 'string' },
  issuer: { type: 'string' },
  actor: { type: 'string' },
  tool: { type: 'string' },
  acr: { type: 'string' },
  facts: { type: 'string' },
  snapshot: { type: 'string' },
  parameters: { type: 'string' },
  json: { type: 'boolean' },
  jsonl: { type: 'boolean' },
} as const

/** `lockstep sql`: what a statement becomes for somebody, and why. */
export const sql: Command = {
  name: 'sql',
  summary: 'shows what an SQL statement becomes for somebody, and why, or why it is refused',
  usage: '--subject <subject> [<statement> | --jsonl] [options]',
  options: [
    ['<statement>', 'one SQL statement'],
    ['--subject <subject>', 'the `sub` of a person'],
    ['--issuer <issuer>', "the person's issuer (default: the only one configured)"],
    ['--actor <actor>', 'the actor that acts for them (needed unless policies leave it open)'],
    ['--tool <tool>', 'the tool whose statements they are (default: the only one that sends any)'],
    ['--acr <acr>', 'what the sign-in reaches (default: none of the declared values)'],
    ['--facts <json|@file>', 'entities with their attributes and parents, in the place of what the relationships tell'],
    ['--snapshot <file>', 'does without a database: the mapping is held against this snapshot of its catalog'],
    ['--parameters <json|@file>', "the statement's own parameters, as a JSON list (default: none)"],
    ['--jsonl', 'reads `{"id","sql","parameters"}` lines from standard input, and answers each with one line'],
    CONFIG_HELP,
    ['--json', 'one JSON object'],
  ],
  notes: [
    'Nothing is sent to a database. Values that policies bind are shown as `$n` only; with --jsonl, which is made for programs, they follow the',
    'parameters of the statement. A line that is none is answered with `"ok":false` too; the exit code is then that of reading: 0 at its end.',
  ],
  async run(args, output, input) {
    const { values, positionals } = parseArguments(args, OPTIONS, ['statement?'])
    const [statement] = positionals
    const { subject, issuer, actor, tool, acr } = values
    if (subject === undefined) throw new UsageError('--subject is missing')
    if (values.jsonl ? statement !== undefined : statement === undefined) {
      throw new UsageError('say either <statement> or --jsonl')
    }
    if (values.jsonl && (values.json || values.parameters !== undefined)) {
      throw new UsageError('`--jsonl` goes with neither `--json` nor `--parameters`')
    }
    const parameters = values.parameters === undefined ? [] : await readJsonOption('parameters', values.parameters)
    if (!Array.isArray(parameters)) throw new UsageError('`--parameters` must be a JSON list')
    const facts = values.facts === undefined ? undefined : await readJsonOption('facts', values.facts)
    if (facts !== undefined && !isEntities(facts)) throw new UsageError('`--facts` must be a JSON list of entities')
    const { lockstep } = await openConfigured(values.config, values.snapshot)
    try {
      const explainer = await lockstep
        .explainStatements({
          subject: { id: subject, issuer },
          actor: actor === undefined ? undefined : { id: actor },
          tool,
          acr,
          entities: facts,
        })
        .catch(misused)
      if (statement === undefined) {
        await answerLines(explainer, input, output)
        return 0
      }
      const { policyVersion } = lockstep
      const known = { explainer, policyVersion, policies: lockstep.describePolicies() }
      const explanation = explainOne(statement, parameters, known)
      output.say(values.json ? `${visibleJson(explanation)}\n` : showStatement(explanation))
      return explanation.ok ? 0 : 1
    } finally {
      await lockstep.close()
    }
  },
}

/** INVARIANT: what each entity holds is read strictly by whoever takes it (`readFacts`). */
function isEntities(value: unknown): value is readonly EntityFact[] {
  return Array.isArray(value)
}

/** Who cannot be meant was given on the command line. */
function misused(error: unknown): never {
  throw error instanceof TypeError ? new UsageError(error.message) : error
}

interface Known {
  readonly explainer: StatementExplainer
  readonly policyVersion: string
  readonly policies: readonly DescribedPolicy[]
}

function explainOne(statement: string, parameters: readonly unknown[], known: Known): StatementExplanation {
  const { explainer, policyVersion, policies } = known
  const { subject, actor, tool } = explainer
  const who = { subject, actor, tool, policyVersion }
  try {
    const scoped = explainer.explain(statement, parameters)
    return { ...who, ...describeStatement(scoped, parameters.length, policies) }
  } catch (error) {
    if (!isLockstepError(error)) throw error
    return { ...who, ...describeRefusal(error) }
  }
}
