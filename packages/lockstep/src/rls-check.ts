import { compareFloor } from '@lockstep/execution'
import type { Command } from './command.ts'
import { FLOOR_HELP, FLOOR_OPTIONS, openFloorPlan } from './open-floor-plan.ts'
import { DATABASE_OPTION, openReader } from './open-reader.ts'
import { parseArguments } from './parse-arguments.ts'
import { UsageError } from './usage-error.ts'
import { visibleJson, visibleText } from './visible-text.ts'

/** `lockstep rls check`: whether a database is as `rls generate` would lay it. */
export const rlsCheck: Command = {
  name: 'rls check',
  summary: 'compares the row-level security of a database with what `rls generate` would lay',
  usage: '--role <name> [--database <url>] [--json] [options]',
  options: [
    [
      '--database <url>',
      'a PostgreSQL, as a role that could lay the floor (default: the environment variable DATABASE_URL)',
    ],
    ...FLOOR_HELP,
    ['--json', 'one JSON object'],
  ],
  notes: [
    'The floor is laid in a transaction that is rolled back, so nothing changes; the mapped tables are locked meanwhile.',
    'Beside the floor itself it names what leads around it: attributes and memberships of the role, other policies, relations and functions.',
  ],
  async run(args, output) {
    const { values } = parseArguments(args, { ...FLOOR_OPTIONS, database: DATABASE_OPTION, json: { type: 'boolean' } })
    const url = values.database ?? process.env.DATABASE_URL
    if (url === undefined || url === '') throw new UsageError('--database is missing')
    const { plan, roles, schema } = await openFloorPlan(values)
    const reader = await openReader(url, values.config)
    try {
      const differences = await compareFloor(plan, roles, schema, reader.query)
      if (values.json) output.say(`${visibleJson({ role: roles.role, schema, differences })}\n`)
      else {
        for (const { at, says } of differences) output.say(`${visibleText(`${at}: ${says}`)}\n`)
        output.say(
          differences.length === 0 ? 'the database is as the floor would be laid\n' : `${differences.length} to mend\n`,
        )
      }
      return differences.length === 0 ? 0 : 1
    } finally {
      await reader.close()
    }
  },
}
