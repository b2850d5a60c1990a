// Loaded by processes that a test starts (`--import`), so that they too initialize no database of their own.
import { createRequire } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { withTemplate } from './initialized-pglite.mjs'

// Configurations in TypeScript load the build that is required.
for (const build of [PGlite, createRequire(import.meta.url)('@electric-sql/pglite').PGlite]) {
  const { create } = build
  build.create = (first, second) => create.call(build, withTemplate(first, second))
}
