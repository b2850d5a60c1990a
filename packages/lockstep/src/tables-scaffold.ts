import { loadParser, readSchemas, type SchemaRelation } from '@lockstep/execution'
import type { Command } from './command.ts'
import { entityName } from './entity-name.ts'
import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'
import { DATABASE_HELP, DATABASE_OPTION, openReader } from './open-reader.ts'
import { parseArguments } from './parse-arguments.ts'
import { printTables } from './print-tables.ts'
import { isWhole, type ScaffoldedTable, scaffoldTable } from './scaffold-table.ts'
import { UsageError } from './usage-error.ts'
import { visibleText } from './visible-text.ts'
import { writeNew } from './write-new.ts'

/** `lockstep tables scaffold`: a table mapping to begin with, from the live database. */
export const tablesScaffold: Command = {
  name: 'tables scaffold',
  summary: 'writes a table mapping to begin with, from the live database',
  usage: '[--schema <schema>] [--config <file> | --database <url>] [--out <file>]',
  options: [
    ['--schema <schema>', 'a schema to map; can be given several times (default: public)'],
    CONFIG_HELP,
    DATABASE_HELP,
    ['--out <file>', 'a new file (default: standard output)'],
  ],
  notes: [
    'Every table and column stands in it: as a mapping the server starts with, or as a comment that says why not. Columns that look as if they',
    'were not for everybody are in a field class that no policy permits yet, for you to decide. An existing file is never overwritten.',
  ],
  async run(args, output) {
    const { values } = parseArguments(args, {
      config: CONFIG_OPTION,
      database: DATABASE_OPTION,
      schema: { type: 'string', multiple: true },
      out: { type: 'string' },
    })
    const { schema: schemas = ['public'], out } = values
    await loadParser()
    const reader = await openReader(values.database, values.config)
    let relations: ReadonlyMap<string, SchemaRelation>
    try {
      relations = await readSchemas(schemas, reader.query)
    } finally {
      await reader.close()
    }
    if (relations.size === 0) throw new UsageError('there is no table in those schemas')
    const tables = scaffold(relations)
    const text = printTables(tables)
    if (out === undefined) output.say(text)
    else await writeNew(out, text)
    const unmapped = tables.filter((table) => table.unmapped !== undefined)
    for (const { id, unmapped: why } of unmapped) {
      output.complain(`lockstep tables scaffold: ${visibleText(id)} ${visibleText(String(why))}\n`)
    }
    return 0
  },
}

function scaffold(relations: ReadonlyMap<string, SchemaRelation>): readonly ScaffoldedTable[] {
  const entities = new Map<string, string>()
  for (const [id, relation] of relations) {
    if (!isWhole(relation)) continue
    const name = entityName(id)
    // Two schemas may have a table of the same name, and an entity type is of one.
    const taken = [...entities.values()].includes(name)
    entities.set(id, taken ? `${entityName(id.slice(0, id.indexOf('.')))}${name}` : name)
  }
  return [...relations].map(([id, relation]) => scaffoldTable(id, relation, { relations, entities }))
}
