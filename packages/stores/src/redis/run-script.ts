import { createHash } from 'node:crypto'
import { inTime, LockstepError } from '@lockstep/core'
import type { RedisShape } from './redis-shape.ts'

/** A command that did not answer by then has failed, also because the client waits for a connection. Milliseconds. */
const LONGEST_COMMAND_MS = 2_000

/** The code in front of a Redis error, as `OOM`. The rest of the message may quote what was sent. */
const CODE = /^[A-Z]+(?= )/

/** Runs a script by its digest, and sends it when the server does not know it. Rejects with `state.unavailable`. */
export async function runScript(
  redis: RedisShape,
  script: string,
  keys: readonly string[],
  given: readonly (string | number)[] = [],
): Promise<unknown> {
  const known = DIGESTS.get(script) ?? createHash('sha1').update(script).digest('hex')
  DIGESTS.set(script, known)
  const rest = [keys.length, ...keys, ...given]
  try {
    return await inTime(redis.call('EVALSHA', known, ...rest), LONGEST_COMMAND_MS)
  } catch (error) {
    if (codeOf(error) !== 'NOSCRIPT') throw unavailable(error)
  }
  return runCommand(redis, 'EVAL', script, ...rest)
}

/** Runs one command. Rejects with `state.unavailable`, naming no more than the code of the error. */
export async function runCommand(redis: RedisShape, name: string, ...given: (string | number)[]): Promise<unknown> {
  try {
    return await inTime(redis.call(name, ...given), LONGEST_COMMAND_MS)
  } catch (error) {
    throw unavailable(error)
  }
}

const DIGESTS = new Map<string, string>()

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? CODE.exec(error.message)?.[0] : undefined
}

function unavailable(error: unknown): LockstepError {
  const code = codeOf(error)
  return new LockstepError('state.unavailable', code ? `Redis said ${code}` : 'Redis did not answer')
}
