import { LockstepError } from '@lockstep/core'
import type { AdmittedStatement } from '@lockstep/execution'
import type { GivenStatement } from './read-statement.ts'
import type { TransactionSession } from './transaction-session.ts'

/** How a statement's rows are read little by little. */
export interface StreamOptions {
  /** How many rows are held at once. @defaultValue 100 */
  readonly batchSize?: number | undefined
}

/** A cursor, opened when it is first read. */
export interface OpenCursor {
  /** The next rows, settled; none at the end. */
  read(): Promise<readonly unknown[]>
  close(): Promise<void>
}

const DEFAULT_BATCH = 100
const LARGEST_BATCH = 10_000

/** Reads how many rows a batch has. Throws `TypeError`. */
export function readBatchSize({ batchSize = DEFAULT_BATCH }: StreamOptions = {}): number {
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > LARGEST_BATCH) {
    throw new TypeError(`\`batchSize\` is a whole number from 1 to ${LARGEST_BATCH}`)
  }
  return batchSize
}

/** Refuses a statement that writes: PostgreSQL has no cursor over one. Throws `execution.statement-unsupported`. */
export function refuseWrite({ write }: AdmittedStatement): void {
  if (write) throw new LockstepError('execution.statement-unsupported', 'a stream reads: send what writes with `query`')
}

/**
 * Opens a cursor in a transaction, by PostgreSQL's own statement: other statements may run in between, and it is the same for every driver. A
 * cursor sees the rows as they were when it was opened.
 */
export async function openCursor(
  session: TransactionSession,
  statement: AdmittedStatement,
  { options }: Pick<GivenStatement, 'options'>,
  stream?: StreamOptions,
): Promise<OpenCursor> {
  refuseWrite(statement)
  const batchSize = readBatchSize(stream)
  const name = session.nextName()
  const nothingToSettle = (): undefined => undefined
  // what fails when it is opened is settled like a statement; that it was opened tells nothing
  const settleFailure: AdmittedStatement['settle'] = (answer, run) =>
    typeof answer === 'string' ? statement.settle(answer, run) : undefined
  const declared = {
    ...statement,
    text: `DECLARE ${name} NO SCROLL CURSOR FOR ${statement.text}`,
    settle: settleFailure,
  }
  await session.run(declared)
  return {
    async read() {
      const fetched = { ...statement, text: `FETCH FORWARD ${batchSize} FROM ${name}`, parameters: [] }
      const { rows } = await session.run(fetched, options)
      return rows
    },
    async close() {
      if (session.isOver) return
      const closing = { ...statement, text: `CLOSE ${name}`, parameters: [], settle: nothingToSettle }
      // a transaction that failed has closed it, and its failure was told
      await session.run({ ...closing, isOpaque: false, assertOpen: () => undefined }).catch(() => undefined)
    },
  }
}
