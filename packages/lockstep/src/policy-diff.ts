import type { Command } from './command.ts'
import { comparePolicies, type PolicyChange } from './compare-policies.ts'
import { CONFIG_HELP, CONFIG_OPTION, openBoth } from './open-configured.ts'
import { parseArguments } from './parse-arguments.ts'
import { findExpectations, readExpectationFiles } from './read-expectation-files.ts'
import {
  type ChangedDecision,
  expectedCalls,
  keptCalls,
  type ReplayedAnswer,
  replayDecisions,
} from './replay-decisions.ts'
import { UsageError } from './usage-error.ts'
import { visibleJson, visibleText } from './visible-text.ts'

const OPTIONS = {
  config: CONFIG_OPTION,
  decisions: { type: 'string', multiple: true },
  expectations: { type: 'string', multiple: true },
  'fail-on-change': { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** `lockstep policy diff`: what another set of policies would decide differently. */
export const policyDiff: Command = {
  name: 'policy diff',
  summary: 'says which policies differ between two folders, and which decisions would change',
  usage: '<before> [<after>] [--decisions <file>]... [--expectations <file>]... [options]',
  options: [
    ['<before>', 'a policy folder'],
    ['<after>', 'the other one (default: the configured folder)'],
    ['--decisions <file>', 'a journal of decisions, whose inputs are decided again; can be given several times'],
    ['--expectations <file>', 'a table of expectations (default: that of <after>); can be given several times'],
    CONFIG_HELP,
    ['--fail-on-change', 'exit code 1 when a policy or a decision changes'],
    ['--json', 'one JSON object'],
  ],
  notes: [
    "The audit log holds digests, so its decisions cannot be made again. `decisions: { keep: 'inputs' }` in the configuration keeps what",
    'they rested on, from then on, in `decisions.jsonl` of the state folder: arguments, facts and resources in plain text.',
  ],
  async run(args, output) {
    const { values, positionals } = parseArguments(args, OPTIONS, ['before', 'after?'])
    const { before, after } = await openBoth(values.config, positionals[0] ?? '', positionals[1])
    try {
      const own = findExpectations(after.policies)
      const tables = values.expectations ?? (own === undefined ? [] : [own])
      const kept = await Promise.all((values.decisions ?? []).map(keptCalls))
      const calls = [...expectedCalls(await readExpectationFiles(tables)), ...kept.flat()]
      const policies = comparePolicies(before.lockstep.describePolicies(), after.lockstep.describePolicies())
      const decisions = await replayDecisions(calls, before.lockstep, after.lockstep)
      const versions = { before: before.lockstep.policyVersion, after: after.lockstep.policyVersion }
      if (values.json) output.say(`${visibleJson({ versions, policies, replayed: calls.length, decisions })}\n`)
      else output.say(`${sayPolicies(policies)}\n${sayDecisions(decisions, calls.length)}`)
      return values['fail-on-change'] && policies.length + decisions.length > 0 ? 1 : 0
    } catch (error) {
      // Inputs that cannot be meant, or that this configuration has no place for.
      if (error instanceof TypeError) throw new UsageError(error.message)
      throw error
    } finally {
      await Promise.all([before.lockstep.close(), after.lockstep.close()])
    }
  },
}

function sayPolicies(changes: readonly PolicyChange[]): string {
  const count = (kind: PolicyChange['kind']) => changes.filter((change) => change.kind === kind).length
  const lines = changes.map(({ kind, policy, reach, lost, gained }) =>
    [
      `  ${kind} ${policy.effect} ${visibleText(policy.id)} (${visibleText(policy.file)}:${policy.line})\n`,
      ...reach.map((one) => `      ${visibleText(one)}\n`),
      ...lost.map((text) => `    - ${visibleText(text)}\n`),
      ...gained.map((text) => `    + ${visibleText(text)}\n`),
    ].join(''),
  )
  return `policies: ${count('added')} added, ${count('removed')} removed, ${count('changed')} changed\n${lines.join('')}`
}

function sayDecisions(changed: readonly ChangedDecision[], replayed: number): string {
  if (replayed === 0) return 'decisions: none to decide again; name --decisions or --expectations\n'
  const count = (kind: ChangedDecision['kind']) => `${changed.filter((one) => one.kind === kind).length} ${kind}`
  const counts = [count('newly permitted'), count('newly denied'), count('decided otherwise')].join(', ')
  const lines = changed.map(
    ({ name, kind, before, after }) =>
      `  ${kind}: ${visibleText(name)}\n    - ${visibleText(say(before))}\n    + ${visibleText(say(after))}\n`,
  )
  return `decisions: ${replayed} decided again, ${counts}\n${lines.join('')}`
}

function say({ effect, code, policies, stepUp }: ReplayedAnswer): string {
  const by = policies.length > 0 ? ` by ${policies.join(', ')}` : ''
  const age = stepUp?.maxAge === undefined ? undefined : `a sign-in within ${stepUp.maxAge} s`
  const wanted = [stepUp?.acr, age, stepUp?.approval ? 'approval' : undefined]
  const factors = wanted.filter((factor) => factor !== undefined)
  return `${effect}${by}${code ? ` [${code}]` : ''}${factors.length > 0 ? ` unless ${factors.join(' and ')}` : ''}`
}
