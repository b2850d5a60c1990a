import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { PGlite as Original } from '@electric-sql/pglite'

export { types } from '@electric-sql/pglite'

const installed = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '..', 'package.json')
const { version } = JSON.parse(readFileSync(installed, 'utf8'))

/** The dump of a database that was only initialized: made by whoever needs it first, kept for every later run. */
const TEMPLATE = resolve(import.meta.dirname, '../../reports/pglite', `${version}.tar.gz`)
if (!existsSync(TEMPLATE)) await makeTemplate()

/**
 * PGlite as it is, but a new database is loaded from a dump instead of initialized, as its own `clone()` does: that takes seconds of a processor,
 * and the tests open hundreds. A folder that holds a database is opened as ever.
 */
export class PGlite extends Original {
  constructor(first, second) {
    super(withTemplate(first, second))
  }

  static async create(first, second) {
    const database = new PGlite(first, second)
    await database.waitReady
    return database
  }
}

/** What PGlite is opened with. */
export function withTemplate(first, second) {
  const options = typeof first === 'string' ? { ...second, dataDir: first } : { ...first }
  const isThere = options.dataDir !== undefined && existsSync(join(options.dataDir, 'PG_VERSION'))
  if (isThere || options.loadDataDir !== undefined) return options
  return { ...options, loadDataDir: new Blob([readFileSync(TEMPLATE)], { type: 'application/x-gzip' }) }
}

async function makeTemplate() {
  const database = await Original.create()
  try {
    const dump = await database.dumpDataDir('gzip')
    // Whoever ends first keeps it, and nobody reads half of one.
    const whole = `${TEMPLATE}.${process.pid}`
    mkdirSync(dirname(TEMPLATE), { recursive: true })
    writeFileSync(whole, new Uint8Array(await dump.arrayBuffer()))
    renameSync(whole, TEMPLATE)
  } finally {
    await database.close()
  }
}
