import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** A command, and what it is started with. */
export interface CommandLine {
  readonly command: string
  readonly args: readonly string[]
  /** The folder that it runs in. @defaultValue the working folder */
  readonly cwd?: string | undefined
  /** Its environment, beside what every program needs to run (`PATH`, `HOME`, the language). Nothing else of ours reaches it. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Where it prints to. @defaultValue 'ignore': what it prints was released by nobody */
  readonly stderr?: 'ignore' | 'inherit' | undefined
}

/** A process of a command. */
export interface StartedProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Whether it has ended, or could not be started. */
  readonly isOver: boolean
  /** Ends it as MCP says: closes its input, then asks it to end, then kills it. Resolves once it has ended. Never rejects. */
  close(): Promise<void>
  /** Ends it, and what it started, at once. */
  kill(): void
}

/** What a program needs of an environment, and nothing that is secret. */
const NEEDED = [
  ...['HOME', 'LANG', 'LC_ALL', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'TZ', 'USER'],
  ...['APPDATA', 'COMSPEC', 'LOCALAPPDATA', 'PATHEXT', 'SYSTEMDRIVE', 'SYSTEMROOT', 'TEMP', 'USERNAME', 'USERPROFILE'],
]
/** Milliseconds between two ways to end a process. */
const GRACE_MS = 1_000

const running = new Set<() => void>()
function killAll(): void {
  for (const kill of running) kill()
}

/**
 * Starts a command without a shell, in a process group of its own.
 *
 * INVARIANT: it ends with this process. When this process is killed nothing runs here any more, and its input ends.
 */
export function startProcess({ command, args, cwd, env = {}, stderr = 'ignore' }: CommandLine): StartedProcess {
  const needed = NEEDED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  const isGroup = process.platform !== 'win32'
  const child = spawn(command, args, {
    cwd,
    env: { ...Object.fromEntries(needed), ...env },
    stdio: ['pipe', 'pipe', stderr],
    detached: isGroup,
    windowsHide: true,
  })
  let isOver = false
  const signal = (name: 'SIGTERM' | 'SIGKILL') => {
    // Its number may be another's by now.
    if (isOver || child.pid === undefined) return
    try {
      if (isGroup) process.kill(-child.pid, name)
      else child.kill(name)
    } catch {
      // It has ended, and so has everything that it started.
    }
  }
  const kill = () => signal('SIGKILL')
  const over = new Promise<void>((resolve) => {
    const ended = () => {
      kill()
      isOver = true
      running.delete(kill)
      resolve()
    }
    child.once('exit', ended).once('error', ended)
  })
  // What it does not read is told by its end.
  child.stdin.on('error', () => undefined)
  if (running.size === 0) process.off('exit', killAll).on('exit', killAll)
  running.add(kill)
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    get isOver() {
      return isOver
    },
    kill,
    async close() {
      child.stdin.end()
      const timers = [setTimeout(() => signal('SIGTERM'), GRACE_MS), setTimeout(() => signal('SIGKILL'), 2 * GRACE_MS)]
      await over
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
