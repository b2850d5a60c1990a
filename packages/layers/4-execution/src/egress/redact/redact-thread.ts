import { Worker } from 'node:worker_threads'
import type { RedactOrder, RedactReport, RedactSetting } from './redact-worker.ts'

// As in the policy engine: the entry stands beside this file and has its extension.
const PUBLISHED = import.meta.url.endsWith('.js')
const ENTRY = new URL(PUBLISHED ? './redact-worker.js' : './redact-worker.ts', import.meta.url)

/** Loading the detectors takes some hundred milliseconds; no text is in the thread before that is done. */
const MOST_MS_TO_START = 30_000

/** A thread that looks for secrets in one order at a time. It does not keep the process alive while nothing is asked. */
export interface RedactThread {
  /** Rejects for an order that failed, is late or broke the thread, which must then be ended. */
  ask(order: RedactOrder, ms: number): Promise<Exclude<RedactReport, string>>
  end(): Promise<void>
}

/** Starts a thread with detectors of its own. @param megabytes of its JavaScript heap */
export function startRedactThread(setting: RedactSetting, megabytes: number): RedactThread {
  const worker = new Worker(ENTRY, {
    workerData: setting,
    resourceLimits: { maxOldGenerationSizeMb: megabytes },
    ...(PUBLISHED && { execArgv: [] }),
  })
  let tell: ((report: RedactReport) => void) | undefined
  let isBroken = false
  const breaks = () => {
    isBroken = true
    tell?.('failed')
  }
  worker
    .on('error', breaks)
    .on('exit', breaks)
    .on('message', (report: RedactReport) => tell?.(report))
  const next = async (ms: number): Promise<RedactReport> => {
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<RedactReport>((resolve) => {
        tell = resolve
        timer = setTimeout(() => resolve('failed'), ms)
        if (isBroken) resolve('failed')
      })
    } finally {
      clearTimeout(timer)
      tell = undefined
    }
  }
  const ready = next(MOST_MS_TO_START)
  return {
    async ask(order, ms) {
      worker.ref()
      try {
        if ((await ready) !== 'ready') throw new Error('the detectors did not load')
        const answer = next(ms)
        worker.postMessage(order)
        const report = await answer
        if (typeof report === 'string') throw new Error('the detectors failed or are late')
        return report
      } finally {
        worker.unref()
      }
    },
    async end() {
      await worker.terminate()
    },
  }
}
