import { isLockstepError } from '@lockstep/core'
import { approvalsList } from './approvals-list.ts'
import { approvalsWithdraw } from './approvals-withdraw.ts'
import { auditShow } from './audit-show.ts'
import { auditVerify } from './audit-verify.ts'
import { callsList } from './calls-list.ts'
import { callsResolve } from './calls-resolve.ts'
import type { Command } from './command.ts'
import { explain } from './explain.ts'
import { commandHelp, overview } from './help-text.ts'
import type { Input } from './input.ts'
import { jobsCancel } from './jobs-cancel.ts'
import { jobsList } from './jobs-list.ts'
import type { Output } from './output.ts'
import { policyCheck } from './policy-check.ts'
import { policyDiff } from './policy-diff.ts'
import { policyManifest } from './policy-manifest.ts'
import { policySchema } from './policy-schema.ts'
import { policyTest } from './policy-test.ts'
import { restore } from './restore.ts'
import { revoke } from './revoke.ts'
import { rlsCheck } from './rls-check.ts'
import { rlsGenerate } from './rls-generate.ts'
import { sql } from './sql.ts'
import { tablesScaffold } from './tables-scaffold.ts'
import { tablesSnapshot } from './tables-snapshot.ts'
import { tokenService } from './token-service.ts'
import { UsageError } from './usage-error.ts'
import { visibleText } from './visible-text.ts'

/** One line for each command. */
const COMMANDS: readonly Command[] = [
  explain, //
  revoke,
  restore,
  policyTest,
  policyDiff,
  auditVerify,
  auditShow,
  callsList,
  callsResolve,
  jobsList,
  jobsCancel,
  approvalsList,
  approvalsWithdraw,
  policySchema,
  policyManifest,
  policyCheck,
  sql,
  tablesScaffold,
  tablesSnapshot,
  rlsGenerate,
  rlsCheck,
  tokenService,
]

const NO_INPUT: Input = (async function* () {})()

/**
 * Runs one command line, without the name of the program, and resolves to the exit code: 0 when all is well, 1 when it is not, 2
 * when the command was called wrongly (then there is one line on `complain`, and nothing was done). Rejects for a defect only.
 */
export async function runCommandLine(
  args: readonly string[],
  output: Output,
  input: Input = NO_INPUT,
): Promise<0 | 1 | 2> {
  const [first, second] = args
  if (first === undefined || first === '--help' || first === '-h') {
    if (first === undefined) output.complain(overview(COMMANDS))
    else output.say(overview(COMMANDS))
    return first === undefined ? 2 : 0
  }
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `))
  if (group.length > 0 && (second === '--help' || second === '-h')) {
    output.say(overview(group))
    return 0
  }
  const alone = COMMANDS.find(({ name }) => name === first)
  const command = alone ?? group.find(({ name }) => name === `${first} ${second}`)
  if (!command) return refuse(output, 'lockstep', unknown(first, second, group), 'lockstep --help')
  const rest = args.slice(alone ? 1 : 2)
  if (asksForHelp(rest)) {
    output.say(commandHelp(command))
    return 0
  }
  try {
    return await command.run(rest, output, input)
  } catch (error) {
    const name = `lockstep ${command.name}`
    if (error instanceof UsageError) return refuse(output, name, error.message, `${name} --help`)
    if (!isLockstepError(error)) throw error
    // What a file says of itself (its name, what it throws) is in the message.
    output.complain(`${name}: ${visibleText(error.message)}\n`)
    return 1
  }
}

function asksForHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf('--')
  const options = end === -1 ? rest : rest.slice(0, end)
  return options.includes('--help') || options.includes('-h')
}

function unknown(first: string, second: string | undefined, group: readonly Command[]): string {
  if (first.startsWith('-')) return `unknown option \`${first}\``
  if (group.length === 0) return `unknown command \`${first}\``
  const known = group.map(({ name }) => `\`${name}\``).join(', ')
  return second === undefined
    ? `\`${first}\` needs one of ${known}`
    : `unknown command \`${first} ${second}\`; known are ${known}`
}

function refuse(output: Output, name: string, message: string, help: string): 2 {
  output.complain(`${name}: ${visibleText(message)}; see \`${help}\`\n`)
  return 2
}
