import { LockstepError } from '@lockstep/core'
import type { CapturedWork, ExecutionGuard } from '@lockstep/execution'
import type { OpenCursor } from './open-cursor.ts'

/** Rows that are read as they are asked for. Leaving the loop closes what is behind it. */
export interface RowStream<Row> extends AsyncIterable<Row> {
  /** The same by the batch. A stream is read once, either way. */
  batches(): AsyncIterableIterator<Row[]>
}

/**
 * Makes a stream of the call in whose course this function is called. Whoever reads it under another call, or when the call is over, gets
 * `execution.no-call`, and the stream is closed.
 *
 * @param enter captures the call
 * @param open opens the cursor when the first row is asked for
 */
export function streamOf<Row>(
  guard: ExecutionGuard,
  enter: () => CapturedWork,
  open: (work: CapturedWork) => Promise<OpenCursor>,
): RowStream<Row> {
  // INVARIANT: the call is captured here, synchronously, and not when the first row is asked for.
  const owner = enter()
  let isRead = false

  function assertReader(): void {
    owner.assertOpen()
    if (!owner.covers(guard.enter())) throw new LockstepError('execution.no-call', 'the stream belongs to another call')
  }

  async function* batches(): AsyncGenerator<Row[], void> {
    if (isRead) throw new LockstepError('execution.statement-unsupported', 'a stream is read once')
    isRead = true
    assertReader()
    const cursor = await open(owner)
    try {
      for (;;) {
        const rows = await cursor.read()
        // the call may have ended, or lost its rights, while the rows were on their way
        owner.assertOpen()
        if (rows.length === 0) return
        yield [...rows] as Row[]
        assertReader()
      }
    } finally {
      await cursor.close()
    }
  }

  return {
    batches,
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches()) {
        for (const row of batch) {
          owner.assertOpen()
          yield row
        }
      }
    },
  }
}
