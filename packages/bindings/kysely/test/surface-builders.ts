import { all, type KyselyLine, only, type SurfaceRow, streamed } from './surface-row.ts'

/** The members of `Kysely` that begin a statement, with the ways that each opens. */
export function surfaceOfBuilders({ sql }: Pick<KyselyLine, 'sql'>): Record<string, readonly SurfaceRow[]> {
  return {
    selectFrom: [
      { way: 'selectAll', answers: (db) => all(db).execute() },
      {
        way: 'executeTakeFirst',
        answers: async (db) => [
          ...(await only(db).where('id', '>', 'INV-1').execute()),
          (await only(db).where('id', '=', 'INV-1').executeTakeFirst()) ?? {},
        ],
      },
      {
        way: 'executeTakeFirstOrThrow of a hidden row',
        answers: async (db) => {
          await only(db)
            .where('id', '=', 'INV-4')
            .executeTakeFirstOrThrow()
            .then(
              () => {
                throw new Error('seen')
              },
              () => undefined,
            )
          return only(db).execute()
        },
      },
      { way: 'stream', answers: (db) => streamed(only(db)) },
      { way: 'stream, row by row', answers: (db) => streamed(only(db), 1) },
      {
        way: '$call and $if',
        answers: (db) =>
          only(db)
            .$call((query) => query.where('amount', '>', 0))
            .$if(true, (query) => query.orderBy('id'))
            .execute(),
      },
      { way: 'a raw condition', answers: (db) => only(db).where(sql<boolean>`dept_id = 42 or true`).execute() },
      {
        way: 'a raw order and limit',
        answers: (db) => only(db).orderBy(sql`id desc`).limit(sql<number>`10`).execute(),
      },
      {
        way: 'a join',
        answers: (db) =>
          db
            .selectFrom('departments')
            .innerJoin('expenses', 'expenses.dept_id', 'departments.id')
            .select('expenses.id')
            .execute(),
      },
      { way: 'a sub-query', answers: (db) => db.selectFrom(all(db).as('e')).select('e.id').execute() },
      { way: 'a union', answers: (db) => only(db).union(only(db)).execute() },
      { way: 'a hidden column', refuses: (db) => db.selectFrom('expenses').select('investigation_note').execute() },
      {
        way: 'a hidden column in a condition',
        refuses: (db) => only(db).where('investigation_note', 'like', 'C%').execute(),
      },
      {
        way: 'a hidden column of a stream',
        refuses: (db) => streamed(db.selectFrom('expenses').select('investigation_note')),
      },
      { way: 'FOR UPDATE', refuses: (db) => only(db).forUpdate().execute() },
      { way: 'explain', refuses: (db) => only(db).explain() },
      { way: 'explain analyze', refuses: (db) => only(db).explain('text', sql`analyze`) },
      { way: 'a raw modifier', refuses: (db) => only(db).modifyEnd(sql`; delete from expenses`).execute() },
    ],
    selectNoFrom: [
      {
        way: 'of sub-queries',
        answers: async (db) =>
          (
            await Promise.all(
              ['INV-1', 'INV-2', 'INV-3', 'INV-4', 'INV-5'].map((id) =>
                db.selectNoFrom((eb) => eb.selectFrom('expenses').select('id').where('id', '=', id).as('id')).execute(),
              ),
            )
          )
            .flat()
            .filter(({ id }) => id !== null),
      },
    ],
    insertInto: [
      { way: 'values', refuses: (db) => db.insertInto('departments').values({ id: 1, name: 'x' }).execute() },
      {
        way: 'values, returning',
        refuses: (db) => db.insertInto('departments').values({ id: 1, name: 'x' }).returningAll().execute(),
      },
      {
        way: 'a stream',
        refuses: async (db) => {
          for await (const row of db.insertInto('departments').values({ id: 1, name: 'x' }).returningAll().stream())
            return row
        },
      },
    ],
    replaceInto: [
      { way: 'values', refuses: (db) => db.replaceInto('departments').values({ id: 1, name: 'x' }).execute() },
    ],
    deleteFrom: [
      { way: 'all', refuses: (db) => db.deleteFrom('expenses').execute() },
      {
        way: 'using',
        refuses: (db) => db.deleteFrom('expenses').using('departments').returning('expenses.id').execute(),
      },
    ],
    updateTable: [{ way: 'set', refuses: (db) => db.updateTable('expenses').set({ vendor: 'x' }).execute() }],
    mergeInto: [
      {
        way: 'when matched',
        refuses: (db) =>
          db
            .mergeInto('expenses')
            .using('departments', 'departments.id', 'expenses.dept_id')
            .whenMatched()
            .thenDelete()
            .execute(),
      },
    ],
    with: [
      {
        way: 'a CTE',
        answers: (db) =>
          db
            .with('x', (cte) => cte.selectFrom('expenses').select(['id', 'dept_id']))
            .selectFrom('x')
            .innerJoin('departments', 'departments.id', 'x.dept_id')
            .select('x.id')
            .execute(),
      },
      {
        way: 'a CTE that deletes',
        refuses: (db) =>
          db
            .with('x', (cte) => cte.deleteFrom('expenses').returning('id'))
            .selectFrom('x')
            .selectAll()
            .execute(),
      },
    ],
    withRecursive: [
      {
        way: 'a CTE',
        answers: (db) =>
          db
            .withRecursive('x', (cte) => cte.selectFrom('expenses').select('id'))
            .selectFrom('x')
            .selectAll()
            .execute()
            // scoped or not released: never more than the caller's own rows
            .catch((error: unknown) => {
              if (error instanceof Error && error.message.includes('statement-unsupported')) return only(db).execute()
              throw error
            }),
      },
    ],
  }
}
