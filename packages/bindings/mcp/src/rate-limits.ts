import type { Caller, Denial, RateLimit, RateLimiter, ToolDeclaration } from '@lockstep/core'
import type { Meter } from '@lockstep/gateway'
import type { ConfiguredRateLimits } from './configuration.ts'

/** The limits of one instance. Both reject when the store does not count: the request is then denied. */
export interface RateLimits {
  /** Counts one request against its subject and its actor. Absent when neither is limited. */
  readonly request: Meter | undefined
  /** Counts one call that everything else permits against its tool, and against the subject at this tool. */
  readonly call: (caller: Pick<Caller, 'subject'>, tool: string) => Promise<Denial | undefined>
}

type Counted = readonly [name: string, key: readonly string[], limit: RateLimit | undefined]

/** Creates the limits that a configuration names. */
export function createRateLimits(
  limiter: RateLimiter,
  configured: ConfiguredRateLimits,
  tools: Readonly<Record<string, ToolDeclaration>>,
): RateLimits {
  /** Every limit counts, also when another refuses: what is refused was still asked. */
  const take = async (counted: readonly Counted[]): Promise<Denial | undefined> => {
    const waits = await Promise.all(
      counted.map(([name, key, limit]) => (limit ? limiter.take(name, JSON.stringify(key), limit) : 0)),
    )
    const wait = Math.max(0, ...waits)
    return wait > 0 ? { code: 'gateway.rate-limited', retryAfter: Math.ceil(wait / 1000) } : undefined
  }

  const { subject: ofSubject, actor: ofActor } = configured
  return {
    request:
      ofSubject || ofActor
        ? ({ subject, actor }) =>
            take([
              ['subject', [subject.issuer, subject.id], ofSubject],
              ['actor', [actor.id], ofActor],
            ])
        : undefined,
    call({ subject }, tool) {
      const limits = { ...configured, ...tools[tool]?.rateLimits }
      return take([
        ['tool', [tool], limits.tool],
        ['toolPerSubject', [tool, subject.issuer, subject.id], limits.toolPerSubject],
      ])
    },
  }
}
