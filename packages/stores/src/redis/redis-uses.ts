import { type Clock, LockstepError, type SingleUseStore } from '@lockstep/core'
import { createForgetDue } from '../forget-due.ts'
import { SET_BACK_MS } from '../set-back.ts'
import { singleUseDigest } from '../single-use-digest.ts'
import { bornAt } from '../sql/born-at.ts'
import type { ProofMark } from '../sql/proof-mark.ts'
import type { Uses } from '../uses.ts'
import { waitForSecond } from '../wait-for-second.ts'
import { BEAR, BORN, CONSUME } from './redis-scripts.ts'
import type { RedisShape } from './redis-shape.ts'
import { runCommand, runScript } from './run-script.ts'

/** What proofs in Redis rest on. */
export interface RedisUsesOptions {
  readonly redis: RedisShape
  readonly clock: Clock
  /** How far proofs have come, on disk elsewhere: Redis itself may come back with nothing, or with what it held some time ago. */
  readonly mark: ProofMark
  readonly isRevoked: SingleUseStore['isRevoked']
  /** Keeps instances over one database together, and others apart: lower case letters, digits and dashes. */
  readonly name: string
}

/**
 * Creates what remembers proofs in Redis (`SET NX PX`). Revocations are asked where they are kept, right before.
 *
 * INVARIANT: what was lost stays refused. A server process that was not told when it was born consumes nothing, and the time it is told lies
 * after every proof that was ever accepted.
 */
export function createRedisUses({ redis, clock, mark, isRevoked, name }: RedisUsesOptions): Uses {
  // One hash tag, so that a cluster keeps all of it on one node.
  const birth = `{lockstep:${name}}:born`
  const keyOf = (id: string) => `{lockstep:${name}}:${singleUseDigest('dpop', id)}`
  const checkDue = createForgetDue(clock)

  async function bear(): Promise<number> {
    await refuseEviction(redis)
    return Number(await runScript(redis, BEAR, [birth], [await bornAt(mark, clock)]))
  }

  /** What to answer in the place of `lost`. */
  async function lost(): Promise<never> {
    await bear()
    throw new LockstepError('state.unavailable', 'Redis lost the proofs that were used; it soon takes new ones')
  }

  return {
    async consume({ id, issuedAt, expiresAt, standing }) {
      const now = Math.floor(clock())
      if (checkDue(now)) {
        await refuseEviction(redis)
        // Redis forgets by its own clock: set back further than it remembers, ours would take a proof for good again.
        if (now < (await mark.read()) - SET_BACK_MS) return lost()
      }
      if (await isRevoked(standing)) return 'revoked'
      if (expiresAt <= now) return 'used'
      await mark.cover(issuedAt)
      const answer = await runScript(redis, CONSUME, [birth, keyOf(id)], [issuedAt, expiresAt - now + SET_BACK_MS, now])
      if (answer === 'consumed' || answer === 'used') return answer
      if (answer === 'young') throw new LockstepError('state.unavailable', 'Redis soon takes new proofs')
      return lost()
    },
    async wasConsumed(id) {
      return Number(await runCommand(redis, 'EXISTS', keyOf(id))) > 0
    },
    async open() {
      await refuseEviction(redis)
      const known = Number((await runScript(redis, BORN, [birth])) ?? Number.NaN)
      await waitForSecond((Number.isNaN(known) ? await bear() : known) - clock())
    },
  }
}

/** Rejects with `state.unsuitable` when the server may drop what it holds for want of memory: that would re-open a proof. */
async function refuseEviction(redis: RedisShape): Promise<void> {
  // INFO and not CONFIG, which hosted servers do not let through.
  const said = String(await runCommand(redis, 'INFO', 'memory'))
  const policy = /^maxmemory_policy:(\S+)/m.exec(said)?.[1]
  if (policy !== 'noeviction') {
    throw new LockstepError(
      'state.unsuitable',
      `Redis: \`maxmemory-policy\` expected noeviction, got ${policy ?? 'none'}`,
    )
  }
}
