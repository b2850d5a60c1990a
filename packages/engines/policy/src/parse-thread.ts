import { Worker } from 'node:worker_threads'
import type { ParseOrder, ParseReport } from './parse-worker.ts'

/** A thread that parses one folder at a time, with a cedar-wasm of its own. */
export interface ParseThread {
  /** Parses one folder. Rejects with the error of a thread that broke, with `undefined` for one that ended. */
  parse(order: ParseOrder): Promise<ParseReport>
  /** Whether it can be asked: it is there, and nothing broke it. */
  isSound(): boolean
  /** Ends the thread, whatever it does. */
  end(): Promise<void>
}

// The entry stands beside this file and has its extension: the sources run where something reads TypeScript, which the thread inherits. What
// is published needs nothing of what the process was started with, some of which no thread takes (`--input-type`).
const PUBLISHED = import.meta.url.endsWith('.js')
const ENTRY = new URL(PUBLISHED ? './parse-worker.js' : './parse-worker.ts', import.meta.url)

/** Starting a thread costs more than most folders; a server that reloads, or a process that opens several instances, pays once. */
const IDLE_MS = 5_000

/** At most one waits for work, by its heap. */
const idle = new Map<number, { readonly thread: ParseThread; readonly stop: () => void }>()

/** Takes the thread that waits, or starts one. @param megabytes of its JavaScript heap */
export function takeParseThread(megabytes: number): ParseThread {
  const waiting = idle.get(megabytes)
  if (!waiting) return startParseThread(megabytes)
  waiting.stop()
  return waiting.thread.isSound() ? waiting.thread : startParseThread(megabytes)
}

/**
 * Lets a thread wait for work, without keeping the process alive.
 *
 * INVARIANT: only a thread that parsed a folder without fault may wait; after any other end its cedar-wasm may be broken.
 */
export async function keepParseThread(megabytes: number, thread: ParseThread): Promise<void> {
  if (idle.has(megabytes)) return thread.end()
  const stop = () => {
    clearTimeout(timer)
    idle.delete(megabytes)
  }
  const timer = setTimeout(() => {
    stop()
    void thread.end()
  }, IDLE_MS).unref()
  idle.set(megabytes, { thread, stop })
}

function startParseThread(megabytes: number): ParseThread {
  const resourceLimits = { maxOldGenerationSizeMb: megabytes }
  const worker = new Worker(ENTRY, { resourceLimits, ...(PUBLISHED && { execArgv: [] }) })
  let broke: { readonly error: unknown } | undefined
  let tell: (() => void) | undefined
  const breaks = (error: unknown) => {
    broke ??= { error }
    tell?.()
  }
  worker.on('error', breaks).on('exit', () => breaks(undefined))
  return {
    async parse(order) {
      worker.ref()
      try {
        return await new Promise<ParseReport>((resolve, reject) => {
          tell = () => reject(broke?.error)
          if (broke) return tell()
          worker.once('message', resolve)
          worker.postMessage(order)
        })
      } finally {
        tell = undefined
        worker.removeAllListeners('message')
        worker.unref()
      }
    },
    isSound: () => broke === undefined,
    async end() {
      await worker.terminate()
    },
  }
}
