import { readFile } from 'node:fs/promises'
import { type LiveRelation, readCatalog, readLiveColumns, relationsOf, writeCatalog } from '@lockstep/execution'
import { loadConfiguration } from '@lockstep/mcp'
import type { Command } from './command.ts'
import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'
import { DATABASE_HELP, DATABASE_OPTION, openReader } from './open-reader.ts'
import { parseArguments } from './parse-arguments.ts'
import { UsageError } from './usage-error.ts'
import { visibleText } from './visible-text.ts'

/** `lockstep tables snapshot`: what the database's catalog says of the mapped tables. */
export const tablesSnapshot: Command = {
  name: 'tables snapshot',
  summary: "writes down what the database's catalog says of the mapped tables, to check the mapping without a database",
  usage: '[--config <file>] [--database <url>] [--check <file>]',
  options: [
    CONFIG_HELP,
    DATABASE_HELP,
    ['--check <file>', 'writes nothing, and compares the database with this snapshot: exit code 1 where they differ'],
  ],
  notes: [
    'It goes to standard output; name the file in the configuration (`catalog`), or with `lockstep sql --snapshot`.',
    'It holds names, types and constraints of tables and columns, and no row.',
  ],
  async run(args, output) {
    const { values } = parseArguments(args, {
      config: CONFIG_OPTION,
      database: DATABASE_OPTION,
      check: { type: 'string' },
    })
    const { tables = {} } = (await loadConfiguration(values.config)).configuration
    const names = relationsOf(tables)
    if (names.length === 0) throw new UsageError('no table is mapped; `lockstep tables scaffold` writes a mapping')
    const written = values.check === undefined ? undefined : await readFile(values.check).catch(() => undefined)
    if (values.check !== undefined && !written) throw new UsageError(`\`${values.check}\` cannot be read`)
    const reader = await openReader(values.database, values.config)
    try {
      const live = await readLiveColumns(names, reader.query)
      const missing = names.filter((name) => !live.has(name))
      for (const name of missing) output.complain(`lockstep tables snapshot: ${visibleText(name)}: is not there\n`)
      if (!written) {
        output.say(writeCatalog(live))
        return missing.length === 0 ? 0 : 1
      }
      const differences = compare(readCatalog(written, String(values.check)), live)
      for (const difference of differences) output.say(`${visibleText(difference)}\n`)
      if (differences.length === 0) output.say('the snapshot is as the database is\n')
      return differences.length === 0 && missing.length === 0 ? 0 : 1
    } finally {
      await reader.close()
    }
  },
}

type Catalog = ReadonlyMap<string, LiveRelation>

/** Every relation and column of which the two say something else, by name. */
function compare(before: Catalog, now: Catalog): readonly string[] {
  const places = (catalog: Catalog) =>
    new Map(
      [...catalog].flatMap(([name, { kind, columns }]) => [
        [name, kind] as const,
        ...[...columns].map(([column, is]) => [`${name}.${column}`, JSON.stringify(is)] as const),
      ]),
    )
  const [was, is] = [places(before), places(now)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((place) => {
    if (!is.has(place)) return [`${place}: is not there any more`]
    if (!was.has(place)) return [`${place}: is not in the snapshot`]
    return was.get(place) === is.get(place) ? [] : [`${place}: is not as the snapshot says`]
  })
}
