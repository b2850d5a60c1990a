import PgBoss from 'pg-boss'
import { pglite } from './orders.js'

/** pg-boss over the same database. With a server: `new PgBoss(connectionString)`. */
export async function openQueue(name) {
  const executeSql = async (text, values) => {
    if (values?.length) return pglite.query(text, values)
    const results = await pglite.exec(text)
    return { rows: results.at(-1)?.rows ?? [] }
  }
  const boss = new PgBoss({ db: { executeSql }, schedule: false, supervise: false })
  boss.on('error', (error) => {
    throw error
  })
  await boss.start()
  await boss.createQueue(name)
  return boss
}
