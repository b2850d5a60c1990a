import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll } from 'vitest'
import { lockstep, newFolder, type Run } from './run-lockstep.ts'

/** Runs the command line from the working folder of the tests. */
export const run = (...args: string[]): Promise<Run> => lockstep(args, process.cwd())

/** What a server is made of, as files of a folder of its own. */
export interface PolicyWorld {
  readonly schema?: string
  readonly policies?: string
  /** The JSON of the manifest; none is configured without it. */
  readonly manifest?: unknown
  /** Members of the configuration, as JavaScript. */
  readonly configuration?: string
}

const PERMIT = '@id("all") permit (principal, action, resource);'

/** Writes a server's files; resolves to its folder and its configuration file. */
export async function writeWorld({ schema = '', policies = PERMIT, manifest, configuration = '' }: PolicyWorld) {
  const folder = await newFolder()
  await mkdir(join(folder, 'policies'))
  await writeFile(join(folder, 'policies', 'schema.cedarschema'), schema)
  await writeFile(join(folder, 'policies', 'all.cedar'), policies)
  if (manifest !== undefined) await writeFile(join(folder, 'tools.json'), JSON.stringify(manifest))
  const config = join(folder, 'lockstep.config.mjs')
  const known = manifest === undefined ? '' : `manifest: './tools.json',`
  await writeFile(
    config,
    `export default { resource: 'https://mcp.example.com/mcp', issuers: [{ issuer: 'https://a', jwksUri: 'https://a/jwks' }], ${known} ${configuration} }`,
  )
  return { folder, config }
}

const SLOT = 'lockstepTestDatabase'
const opened: PGlite[] = []
afterAll(() => Promise.all(opened.map((db) => db.close())))

/** A real database that configurations of this process can name. */
export async function openDatabase(): Promise<PGlite> {
  const db = await PGlite.create()
  opened.push(db)
  Reflect.set(globalThis, SLOT, db)
  return db
}

/** The member of a configuration that names it. */
export const USE_DATABASE = `database: globalThis.${SLOT},`
