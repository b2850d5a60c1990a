import type { GuardedClient } from '@lockstep/pg'
import type { Dialect, RawBuilder } from 'kysely'
import { surfaceOfBuilders } from './surface-builders.ts'
import {
  all,
  type Database,
  type Db,
  type KyselyLine,
  type Migrate,
  only,
  type Refused,
  type SurfaceRow,
  streamed,
} from './surface-row.ts'

/** Every public member of `Kysely`, by name, with the ways that it opens. */
export function surfaceMatrix(
  { CamelCasePlugin, CompiledQuery, sql }: KyselyLine,
  migrate: Migrate,
): Record<string, readonly SurfaceRow[]> {
  const raw = (text: string): RawBuilder<{ id: string }> => sql.raw(text)
  const compiled = (text: string) => CompiledQuery.raw(text)
  const refusedText = (text: string): Refused => ({
    way: `the text \`${text}\``,
    refuses: (db) => raw(text).execute(db),
  })
  const rowsOf = async (answer: Promise<{ rows: unknown[] }>) => (await answer).rows as { id?: unknown }[]

  return {
    ...surfaceOfBuilders({ sql }),
    executeQuery: [
      { way: 'a compiled query', answers: (db) => rowsOf(db.executeQuery(only(db).compile())) },
      { way: 'a builder', answers: (db) => rowsOf(db.executeQuery(only(db))) },
      { way: 'CompiledQuery.raw', answers: (db) => rowsOf(db.executeQuery(compiled('select id from expenses'))) },
      {
        way: 'a raw statement',
        answers: async (db) => (await sql<{ id: string }>`select id from expenses`.execute(db)).rows,
      },
      {
        way: 'a raw table',
        answers: async (db) =>
          (await sql<{ id: string }>`select * from ${sql.table('expenses')} where ${sql.lit(1)} = 1`.execute(db)).rows,
      },
      {
        way: 'a bound parameter',
        answers: async (db) =>
          (await sql<{ id: string }>`select id from expenses where id <> ${"x' or '1' = '1"}`.execute(db)).rows,
      },
      { way: 'sql.raw', answers: async (db) => (await raw('select id from expenses').execute(db)).rows },
      {
        way: 'sql.ref and sql.id',
        answers: async (db) =>
          (await sql<{ id: string }>`select ${sql.ref('e.id')} from ${sql.id('public', 'expenses')} as e`.execute(db))
            .rows,
      },
      ...[
        'select 1; select id from expenses',
        'begin',
        'commit',
        'savepoint a',
        'set role postgres',
        "select set_config('a.b', '1', false)",
        'select * from pg_catalog.pg_class',
        'copy expenses to stdout',
        'listen x',
        'prepare p as select 1',
        'declare c cursor for select 1',
        'fetch all from lockstep_1',
        'do $$ begin end $$',
        'call x()',
        'explain select id from expenses',
        'discard all',
        'lock table expenses',
        'create table x (n int)',
        'truncate expenses',
        "select pg_notify('x', 'y')",
      ].map(refusedText),
    ],
    getExecutor: [
      {
        way: 'executeQuery',
        answers: (db) => rowsOf(db.getExecutor().executeQuery(compiled('select id from expenses'))),
      },
      {
        way: 'stream',
        answers: async (db) => {
          const rows: { id?: unknown }[] = []
          for await (const result of db.getExecutor().stream<{ id: string }>(compiled('select id from expenses'), 2))
            rows.push(...result.rows)
          return rows
        },
      },
      {
        way: 'provideConnection',
        answers: (db) =>
          db
            .getExecutor()
            .provideConnection((connection) => rowsOf(connection.executeQuery(compiled('select id from expenses')))),
      },
      {
        way: 'provideConnection, streamed',
        answers: (db) =>
          db.getExecutor().provideConnection(async (connection) => {
            const rows: { id?: unknown }[] = []
            for await (const result of connection.streamQuery<{ id: string }>(compiled('select id from expenses'), 2))
              rows.push(...result.rows)
            return rows
          }),
      },
      {
        way: 'a connection after it was given back',
        refuses: async (db) =>
          (await db.getExecutor().provideConnection(async (connection) => connection)).executeQuery(
            compiled('select id from expenses'),
          ),
      },
      {
        way: 'adapter: the lock of migrations',
        refuses: (db) => db.getExecutor().adapter.acquireMigrationLock(db, { lockTable: 'l', lockRowId: 'i' }),
      },
      {
        way: 'adapter: the lock of migrations, given back',
        refuses: (db) => db.getExecutor().adapter.releaseMigrationLock(db, { lockTable: 'l', lockRowId: 'i' }),
      },
    ],
    connection: [
      { way: 'a statement', answers: (db) => db.connection().execute((one) => only(one).execute()) },
      {
        way: 'a statement after a transaction',
        answers: (db) =>
          db.connection().execute(async (one) => {
            await one.transaction().execute((trx) => only(trx).execute())
            return only(one).execute()
          }),
      },
    ],
    transaction: [
      { way: 'a statement', answers: (db) => db.transaction().execute((trx) => only(trx).execute()) },
      {
        way: 'levels and modes',
        answers: (db) =>
          db
            .transaction()
            .setIsolationLevel('serializable')
            .setAccessMode('read only')
            .execute((trx) =>
              raw('select id from expenses')
                .execute(trx)
                .then(({ rows }) => rows),
            ),
      },
      { way: 'a stream', answers: (db) => db.transaction().execute((trx) => streamed(only(trx), 1)) },
      { way: 'a delete', refuses: (db) => db.transaction().execute((trx) => trx.deleteFrom('expenses').execute()) },
      {
        way: 'a level of another database',
        refuses: (db) =>
          db
            .transaction()
            .setIsolationLevel('snapshot')
            .execute((trx) => only(trx).execute()),
      },
      {
        way: 'a statement that fails',
        refuses: (db) => db.transaction().execute((trx) => sql`select vendor::int from expenses`.execute(trx)),
      },
    ],
    startTransaction: [
      {
        way: 'savepoints',
        answers: async (db) => {
          const trx = await db.startTransaction().execute()
          const inner = await trx.savepoint('a').execute()
          await sql`select vendor::int from expenses`.execute(inner).catch(() => undefined)
          await inner.rollbackToSavepoint('a').execute()
          const rows = await only(inner).execute()
          await inner.releaseSavepoint('a').execute()
          await trx.commit().execute()
          return rows
        },
      },
      {
        way: 'one that is rolled back',
        answers: async (db) => {
          const trx = await db.startTransaction().setAccessMode('read only').execute()
          const rows = await only(trx).execute()
          await trx.rollback().execute()
          return rows
        },
      },
      {
        way: 'one inside another',
        refuses: async (db) => {
          const trx = await db.startTransaction().execute()
          try {
            await Promise.resolve()
              .then(() => trx.startTransaction().execute())
              .catch((error: unknown) => {
                if (error instanceof Error && error.name === 'LockstepError') throw error
                // the newer line refuses by itself
                return db.deleteFrom('expenses').execute()
              })
          } finally {
            await trx.rollback().execute()
          }
        },
      },
    ],
    withPlugin: [
      {
        way: 'one that renames',
        answers: (db) => db.withPlugin(new CamelCasePlugin()).selectFrom('expenses').selectAll().execute(),
      },
    ],
    withoutPlugins: [
      { way: 'a statement', answers: (db) => only(db.withoutPlugins()).execute() },
      {
        way: 'a transaction',
        answers: (db) =>
          db
            .withoutPlugins()
            .transaction()
            .execute((trx) => only(trx.withoutPlugins()).execute()),
      },
    ],
    withSchema: [
      { way: 'that of the tables', answers: (db) => only(db.withSchema('public')).execute() },
      {
        way: 'the catalog',
        refuses: (db) =>
          db
            .withSchema('pg_catalog')
            .selectFrom('pg_class' as 'expenses')
            .selectAll()
            .execute(),
      },
    ],
    withTables: [
      {
        way: 'a table that is not mapped',
        refuses: (db) =>
          db.withTables<{ employees_x: { id: string } }>().selectFrom('employees_x').selectAll().execute(),
      },
    ],
    dynamic: [
      { way: 'a reference', answers: (db) => only(db).where(db.dynamic.ref<'amount'>('amount'), '>', 0).execute() },
      { way: 'a table', answers: (db) => db.selectFrom(db.dynamic.table('expenses').as('e')).select('e.id').execute() },
      {
        way: 'a hidden reference',
        refuses: (db) => only(db).orderBy(db.dynamic.ref<'id'>('investigation_note')).execute(),
      },
    ],
    fn: [
      {
        way: 'an aggregate',
        answers: async (db) => {
          const { n } = await db
            .selectFrom('expenses')
            .select(db.fn.countAll<string>().as('n'))
            .executeTakeFirstOrThrow()
          return Number(n) === 3 ? only(db).execute() : []
        },
      },
      {
        way: 'a function that is not released',
        refuses: (db) =>
          db
            .selectFrom('expenses')
            .select(db.fn<string>('pg_read_file', [sql.lit('x')]).as('x'))
            .execute(),
      },
    ],
    case: [
      {
        way: 'an expression',
        answers: (db) => only(db).where(db.case().when(sql<boolean>`true`).then(1).else(0).end(), '=', 1).execute(),
      },
    ],
    introspection: [
      { way: 'tables', refuses: (db) => db.introspection.getTables() },
      { way: 'schemas', refuses: (db) => db.introspection.getSchemas() },
      { way: 'metadata', refuses: (db) => db.introspection.getMetadata({ withInternalKyselyTables: true }) },
    ],
    schema: [
      { way: 'a table dropped', refuses: (db) => db.schema.dropTable('expenses').execute() },
      { way: 'a table created', refuses: (db) => db.schema.createTable('x').addColumn('n', 'integer').execute() },
      { way: 'a view created', refuses: (db) => db.schema.createView('x').as(all(db)).execute() },
      {
        way: 'migrations',
        refuses: async (db) => {
          throw await migrate(db)
        },
      },
    ],
    isTransaction: [
      { way: 'is no way', answers: (db) => (db.isTransaction ? Promise.resolve([]) : only(db).execute()) },
    ],
    destroy: [],
    'Symbol(nodejs.asyncDispose)': [],
  }
}

/** Members of the newer line only: types of tables, and nothing else. */
export const NEWER_MEMBERS = ['$extendTables', '$omitTables', '$pickTables']

/** Opens Kysely over a guarded client. */
export function openKysely(line: KyselyLine, dialectOf: (client: GuardedClient) => Dialect, client: GuardedClient): Db {
  return new line.Kysely<Database>({ dialect: dialectOf(client) })
}
