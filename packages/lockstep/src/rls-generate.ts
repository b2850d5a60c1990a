import { printFloor } from '@lockstep/execution'
import type { Command } from './command.ts'
import { FLOOR_HELP, FLOOR_OPTIONS, openFloorPlan } from './open-floor-plan.ts'
import { parseArguments } from './parse-arguments.ts'

/** `lockstep rls generate`: the policies as native row-level security. */
export const rlsGenerate: Command = {
  name: 'rls generate',
  summary: 'prints the SQL that makes PostgreSQL itself hold up the policies, for a role of the application',
  usage: '--role <name> [options]',
  options: FLOOR_HELP,
  notes: [
    'Run it with `lockstep rls generate --role app | psql`, and again whenever policies or tables change; running it twice changes nothing.',
    'A policy that PostgreSQL cannot hold up exactly is named with its file and line, and nothing is printed.',
  ],
  async run(args, output) {
    const { values } = parseArguments(args, FLOOR_OPTIONS)
    const { plan, roles, schema } = await openFloorPlan(values)
    output.say(printFloor(plan, roles, schema))
    return 0
  },
}
