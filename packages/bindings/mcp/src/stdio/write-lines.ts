import type { Writable } from 'node:stream'
import type { JsonObject } from '@lockstep/core'

/** Writes messages to one stream, a line each. */
export interface LineWriter {
  /** Resolves to whether the stream took the whole line. Never rejects. */
  write(message: JsonObject): Promise<boolean>
  /** Bytes that wait for whoever reads the stream. */
  readonly waiting: number
}

/**
 * Creates the writer of a stream. Standard output belongs to the protocol from then on: whatever else the process writes there, by `console.log`
 * for example, goes to standard error, because one foreign line between two messages breaks a client, and nobody released it.
 */
export function writeLines(output: Writable): LineWriter {
  const raw = output.write.bind(output) as (text: string, done: (error?: Error | null) => void) => boolean
  if (output === process.stdout) process.stdout.write = process.stderr.write.bind(process.stderr)
  let waiting = 0
  return {
    write: (message) =>
      new Promise((resolve) => {
        const line = `${JSON.stringify(message)}\n`
        waiting += line.length
        const done = (sent: boolean) => {
          waiting -= line.length
          resolve(sent)
        }
        if (output.destroyed || output.writableEnded) done(false)
        else raw(line, (error) => done(!error))
      }),
    get waiting() {
      return waiting
    },
  }
}
