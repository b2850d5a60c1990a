import { LockstepError } from '@lockstep/core'
import type { PolicyOptions } from './parse-policies.ts'
import { keepParseThread, takeParseThread } from './parse-thread.ts'
import type { ParseReport } from './parse-worker.ts'
import type { ParsedPolicies } from './policy-bundle.ts'

/** What one load of a policy folder may take. */
export interface LoadingBounds {
  /** @defaultValue 60000 */
  readonly milliseconds?: number | undefined
  /** Of the thread's JavaScript heap, in MiB. @defaultValue 256 */
  readonly megabytes?: number | undefined
}

/**
 * Reads, parses and validates a policy folder in a thread of its own, with a cedar-wasm of its own: whatever a text does to them ends with the
 * thread, while this one goes on answering. The thread is ended when it reports a mistake, or takes too long or too much; one that parsed its
 * folder waits some seconds for the next.
 *
 * @throws LockstepError `policy.invalid` for whatever is wrong with the files, and when a bound is exceeded or the thread breaks
 */
export async function parseApart(
  folder: string,
  options: PolicyOptions,
  { milliseconds = 60_000, megabytes = 256 }: LoadingBounds = {},
): Promise<ParsedPolicies> {
  const thread = takeParseThread(megabytes)
  let timer: NodeJS.Timeout | undefined
  let report: ParseReport | undefined
  try {
    const tooLong = new Promise<never>((_, reject) => {
      const text = `.: they did not load within ${milliseconds} ms; make them smaller and flatter, or allow more time`
      timer = setTimeout(() => reject(broken(text)), milliseconds)
    })
    const parsing = thread.parse({ folder, options }).catch((error) => {
      throw broken(whyItBroke(error, megabytes))
    })
    report = await Promise.race([parsing, tooLong])
    if ('parsed' in report) return report.parsed
    throw broken(report.mistake.detail ?? ENGINE_BROKE)
  } finally {
    clearTimeout(timer)
    await (report && 'parsed' in report ? keepParseThread(megabytes, thread) : thread.end())
  }
}

const ENGINE_BROKE = '.: the policy engine broke on these files; make them smaller and flatter'

/** @param error what the thread ended with, if anything */
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
