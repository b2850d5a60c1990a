import * as kysely from 'kysely'
import { describeSurface } from './describe-surface.ts'

const provider = { getMigrations: async () => ({ one: { up: async () => undefined } }) }

describeSurface('0.28', kysely, async (db) => (await new kysely.Migrator({ db, provider }).migrateToLatest()).error)
