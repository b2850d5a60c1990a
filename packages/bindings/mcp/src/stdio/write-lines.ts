import type { Writable } from 'node:stream'
import type { JsonObject } from '@lockstep/core'

/** Writes messages to one stream, a line each. */
export interface LineWriter {
  /** Resolves to whether the stream took the whole line. Never rejects. */
  write(message: JsonObject): Promise<boolean>
  /** Begins a line that is written in pieces, once those that came before it were written. Never rejects. */
  begin(): Promise<BegunLine>
  /** Bytes that wait for whoever reads the stream. */
  readonly waiting: number
}

/** A line that is written in pieces. Meanwhile every other line waits. */
export interface BegunLine {
  /** Whether anything was written. */
  readonly hasBegun: boolean
  /** Resolves once the stream took the piece, or `aborted`: to false where the stream takes nothing any more. Never rejects. */
  write(piece: string | Uint8Array, aborted: AbortSignal): Promise<boolean>
  /** Ends the line, and lets others be written. */
  end(): void
}

/**
 * Creates the writer of a stream. Standard output belongs to the protocol from then on: whatever else the process writes there, by `console.log`
 * for example, goes to standard error, because one foreign line between two messages breaks a client, and nobody released it.
 */
export function writeLines(output: Writable): LineWriter {
  const raw = output.write.bind(output) as (piece: string | Uint8Array, done: (error?: Error | null) => void) => boolean
  if (output === process.stdout) process.stdout.write = process.stderr.write.bind(process.stderr)
  const turns: (() => void)[] = []
  let isHeld = false
  let waiting = 0

  const put = (piece: string | Uint8Array, done: (taken: boolean) => void): void => {
    if (output.destroyed || output.writableEnded) done(false)
    else raw(piece, (error) => done(!error))
  }
  // INVARIANT: nothing is written while a line is held but the pieces of that line.
  const inTurn = (write: () => void): void => {
    if (isHeld) turns.push(write)
    else write()
  }
  const hold = (): BegunLine => {
    isHeld = true
    let hasBegun = false
    return {
      get hasBegun() {
        return hasBegun
      },
      write(piece, aborted) {
        hasBegun = true
        return new Promise((resolve) => {
          const done = (taken: boolean) => {
            aborted.removeEventListener('abort', onAbort)
            resolve(taken)
          }
          const onAbort = () => done(true)
          waiting += piece.length
          aborted.addEventListener('abort', onAbort)
          put(piece, (taken) => {
            waiting -= piece.length
            done(taken)
          })
        })
      },
      end() {
        if (hasBegun) put('\n', () => undefined)
        isHeld = false
        while (!isHeld && turns.length > 0) turns.shift()?.()
      },
    }
  }

  return {
    write(message) {
      const line = `${JSON.stringify(message)}\n`
      waiting += line.length
      return new Promise((resolve) => {
        inTurn(() =>
          put(line, (taken) => {
            waiting -= line.length
            resolve(taken)
          }),
        )
      })
    },
    begin: () => new Promise((resolve) => inTurn(() => resolve(hold()))),
    get waiting() {
      return waiting
    },
  }
}
