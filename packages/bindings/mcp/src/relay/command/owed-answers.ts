import { PassThrough, type Readable, type Writable } from 'node:stream'
import { type JsonObject, LockstepError } from '@lockstep/core'

/** How an answer is waited for. */
export interface AskOptions {
  /** Aborts once nobody waits for it any more. */
  readonly over: AbortSignal
  /** Takes what the process reports of this request meanwhile. */
  readonly report: (notification: JsonObject) => void
}

/** An answer that a process owes. */
export interface OwedAnswer {
  readonly report: AskOptions['report']
  /** It comes: where its text goes; `undefined` where nobody waits for it. */
  begin(): Writable | undefined
  fail(): void
}

/** The answers that one process owes, by the ids of their requests. */
export interface OwedAnswers {
  /**
   * Resolves once the answer comes, to its text. Rejects with `execution.upstream-failed`, and with `invocation.call-closed` where it is given up.
   *
   * @param onGivenUp is told when nobody waits for it any more before it came
   */
  ask(id: string, options: AskOptions, onGivenUp: () => void): Promise<Readable>
  of(id: string): OwedAnswer | undefined
  /**
   * Those that are owed. INVARIANT: also those that nobody waits for, until they come: an answer that does not say at once whose it is would be taken
   * for another's.
   */
  readonly ids: readonly string[]
  /** Takes one out: it is owed no more. */
  take(id: string): OwedAnswer | undefined
  failAll(): void
}

const PIECE = 65_536

export function createOwedAnswers(): OwedAnswers {
  const owed = new Map<string, OwedAnswer>()
  return {
    ask: (id, { over, report }, onGivenUp) =>
      new Promise((resolve, reject) => {
        const body = new PassThrough({ highWaterMark: PIECE })
        let hasBegun = false
        const giveUp = () => {
          if (!hasBegun) onGivenUp()
          body.destroy()
          reject(new LockstepError('invocation.call-closed'))
        }
        over.addEventListener('abort', giveUp, { once: true })
        body.once('close', () => over.removeEventListener('abort', giveUp))
        // Whoever reads it is told; until somebody does, nobody is.
        body.on('error', () => undefined)
        owed.set(id, {
          report: (notification) => body.destroyed || report(notification),
          begin() {
            if (body.destroyed) return undefined
            hasBegun = true
            resolve(body)
            return body
          },
          fail() {
            const error = new LockstepError('execution.upstream-failed')
            body.destroy(error)
            reject(error)
          },
        })
        if (over.aborted) giveUp()
      }),
    of: (id) => owed.get(id),
    get ids() {
      return [...owed.keys()]
    },
    take(id) {
      const answer = owed.get(id)
      owed.delete(id)
      return answer
    },
    failAll() {
      for (const answer of owed.values()) answer.fail()
      owed.clear()
    },
  }
}
