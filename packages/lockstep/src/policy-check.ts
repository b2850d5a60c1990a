import { resolve } from 'node:path'
import { isLockstepError } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { type LockstepConfiguration, loadConfiguration, policyOptions } from '@lockstep/mcp'
import { checkDrift, type Drift, loadPolicies } from '@lockstep/policy'
import { align } from './align.ts'
import type { Command } from './command.ts'
import { describeServer, type ServerDescription } from './describe-server.ts'
import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'
import { parseArguments } from './parse-arguments.ts'
import { visibleJson, visibleText } from './visible-text.ts'

/** Something that no longer fits. */
interface Finding {
  readonly kind: Drift['kind'] | 'tool-missing' | 'tables'
  readonly at: string
  readonly says: string
}

/** `lockstep policy check`: whether the policies fit the tools and the tables. */
export const policyCheck: Command = {
  name: 'policy check',
  summary: 'checks the policies, and that their schema still fits the tools and the tables',
  usage: '[--config <file>] [--json]',
  options: [CONFIG_HELP, ['--json', 'one JSON object']],
  notes: [
    'The schema is yours: types, comments and optional attributes that you added are no drift, nor is what you left out.',
    'Without a manifest arguments are not compared; where the database does not answer, columns are not.',
  ],
  async run(args, output) {
    const { values } = parseArguments(args, { config: CONFIG_OPTION, json: { type: 'boolean' } })
    const { configuration, folder } = await loadConfiguration(values.config)
    const policies = resolve(folder, configuration.policies ?? './policies')
    const bundle = loadPolicies(policies, policyOptions(configuration))
    const server = await describeServer(configuration, folder, { declared: bundle.entities })
    const findings: readonly Finding[] = [
      ...missingTools(server),
      ...checkDrift(bundle, server.input),
      ...(await checkMapping(configuration)),
      ...server.database.faults.map(({ table, says }): Finding => ({ kind: 'tables', at: table, says })),
    ]
    const { manifest = null, database } = server
    if (values.json) {
      output.say(`${visibleJson({ manifest, database: database.state, policies: bundle.policies.size, findings })}\n`)
    } else {
      output.say(
        align([
          ['policies', `${bundle.policies.size} in ${visibleText(policies)}`],
          ['manifest', manifest === null ? 'none is configured: arguments were not compared' : visibleText(manifest)],
          ['database', DATABASE[database.state]],
        ]),
      )
      for (const { at, says } of findings) output.say(`${visibleText(`${at}: ${says}`)}\n`)
      output.say(findings.length === 0 ? 'no drift\n' : `${findings.length} to mend\n`)
    }
    return findings.length === 0 ? 0 : 1
  },
}

const DATABASE: Readonly<Record<ServerDescription['database']['state'], string>> = {
  checked: 'every mapped table was looked at',
  unreachable: 'not reachable: columns were not compared',
  none: 'no table is mapped, or no database is configured',
}

function missingTools({ manifest, input }: ServerDescription): readonly Finding[] {
  if (manifest === undefined) return []
  const missing = input.tools.filter((tool) => !tool.input)
  const says = 'is declared and not in the manifest; remove it, or write the manifest again'
  return missing.map(({ name }) => ({ kind: 'tool-missing', at: name, says }))
}

/** The mapping in itself, as the server prepares it. */
async function checkMapping({
  tables = {},
  functions,
  operators,
  types,
}: LockstepConfiguration): Promise<readonly Finding[]> {
  await loadParser()
  try {
    createRewriter({
      tables,
      functions,
      operators,
      types,
      askRead: () => {
        throw new TypeError('nothing is read here')
      },
    })
    return []
  } catch (error) {
    if (!isLockstepError(error)) throw error
    return [{ kind: 'tables', at: 'tables', says: error.message }]
  }
}
