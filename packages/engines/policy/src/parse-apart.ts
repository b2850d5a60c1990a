import { Worker } from 'node:worker_threads'
import { LockstepError } from '@lockstep/core'
import type { PolicyOptions } from './parse-policies.ts'
import type { ParseOrder, ParseReport } from './parse-worker.ts'
import type { ParsedPolicies } from './policy-bundle.ts'

/** What one load of a policy folder may take. */
export interface LoadingBounds {
  /** @defaultValue 60000 */
  readonly milliseconds?: number | undefined
  /** Of the thread's JavaScript heap, in MiB. @defaultValue 256 */
  readonly megabytes?: number | undefined
}

// The entry stands beside this file and has its extension: the sources run where something reads TypeScript, which the thread inherits. What
// is published needs nothing of what the process was started with, some of which no thread takes (`--input-type`).
const PUBLISHED = import.meta.url.endsWith('.js')
const ENTRY = new URL(PUBLISHED ? './parse-worker.js' : './parse-worker.ts', import.meta.url)

/**
 * Reads, parses and validates a policy folder in a thread of its own, with a cedar-wasm of its own: whatever a text does to them ends with the
 * thread, while this one goes on answering. The thread is ended when it has reported, or takes too long or too much.
 *
 * @throws LockstepError `policy.invalid` for whatever is wrong with the files, and when a bound is exceeded or the thread breaks
 */
export async function parseApart(
  folder: string,
  options: PolicyOptions,
  { milliseconds = 60_000, megabytes = 256 }: LoadingBounds = {},
): Promise<ParsedPolicies> {
  const order: ParseOrder = { folder, options }
  const resourceLimits = { maxOldGenerationSizeMb: megabytes }
  const worker = new Worker(ENTRY, { workerData: order, resourceLimits, ...(PUBLISHED && { execArgv: [] }) })
  let timer: NodeJS.Timeout | undefined
  try {
    const report = await new Promise<ParseReport>((resolve, reject) => {
      const tooLong = `.: they did not load within ${milliseconds} ms; make them smaller and flatter, or allow more time`
      timer = setTimeout(() => reject(broken(tooLong)), milliseconds)
      worker.once('message', resolve)
      worker.once('error', (error) => reject(broken(whyItBroke(error, megabytes))))
      worker.once('exit', () => reject(broken(ENGINE_BROKE)))
    })
    if ('parsed' in report) return report.parsed
    throw broken(report.mistake.detail ?? ENGINE_BROKE)
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

const ENGINE_BROKE = '.: the policy engine broke on these files; make them smaller and flatter'

function whyItBroke(error: unknown, megabytes: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return `.: they need more than ${megabytes} MiB to load; make them smaller, or allow more memory`
  }
  // The thread could not start: its message names files of this package, never a policy.
  return code ? `.: the thread that parses policies could not run (${code})` : ENGINE_BROKE
}

function broken(detail: string): LockstepError {
  return new LockstepError('policy.invalid', detail)
}
