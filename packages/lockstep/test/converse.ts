import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { BIN } from './run-lockstep.ts'

/** The command line in a process of its own, spoken with line by line. */
export interface Conversation {
  /** Writes bytes as they are. Resolves once there is room for more. */
  write(bytes: string | Uint8Array): Promise<void>
  /** The next line of standard output; undefined at its end. */
  answer(): Promise<string | undefined>
  /** Ends standard input. */
  end(): void
  /** Reads nothing more, as `| head` does. */
  hangUp(): void
  /** What was complained of, and the exit code. */
  readonly over: Promise<{ readonly code: number | null; readonly complained: string }>
}

/** Starts the command line with these arguments. */
export function converse(args: readonly string[], cwd: string): Conversation {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  let complained = ''
  child.stderr.on('data', (chunk) => {
    complained += chunk
  })
  // The process may be gone before it has read everything.
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const over = once(child, 'close').then(([code]) => ({ code, complained }))
  return {
    async write(bytes) {
      // What ends while it is written to has an exit code to tell.
      if (!child.stdin.write(bytes)) await Promise.race([once(child.stdin, 'drain'), over]).catch(() => undefined)
    },
    answer: async () => {
      const { done, value } = await lines.next()
      return done ? undefined : value
    },
    end: () => void child.stdin.end(),
    hangUp: () => void child.stdout.destroy(),
    over,
  }
}
