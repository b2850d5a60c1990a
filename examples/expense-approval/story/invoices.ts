import type { PGlite } from '@electric-sql/pglite'

/** What the database says of one invoice. Amounts are in cents. */
export interface Invoice {
  readonly id: string
  readonly amount: number
  readonly status: string
}

/** Looks at an invoice where it is stored, past every layer. */
export async function invoice(pglite: PGlite, id: string): Promise<Invoice | undefined> {
  const { rows } = await pglite.query<Invoice>('select id, amount, status from expenses where id = $1', [id])
  return rows[0]
}

/** A submitted invoice of department 42 within an amount, other than those the story names. */
export async function submittedInvoice(pglite: PGlite, atLeast: number, atMost: number): Promise<Invoice> {
  const { rows } = await pglite.query<Invoice>(
    `select id, amount, status from expenses
     where dept_id = 42 and status = 'submitted' and amount between $1 and $2 and id not in ('INV-8831', 'INV-9001')
     order by id limit 1`,
    [atLeast, atMost],
  )
  const [found] = rows
  if (!found) throw new Error('the data holds no such invoice')
  return found
}
