import { randomBytes } from 'node:crypto'
import { type Drill, isLockstepError } from '@lockstep/core'
import type { Lockstep } from '@lockstep/mcp'
import { observe } from './observe-drill.ts'
import { openDrilled } from './open-drilled.ts'
import { OPERATOR } from './open-operated.ts'
import { findExpectations, readExpectationFiles } from './read-expectation-files.ts'
import { expectedCalls, type ReplayedCall } from './replay-decisions.ts'
import { UsageError } from './usage-error.ts'

/** One step of a drill. */
export interface DrillStep {
  readonly step: string
  readonly held: boolean
  /** Since the permission began to be revoked or restored. */
  readonly ms?: number | undefined
}

/** What a drill came to. */
export interface DrillReport {
  readonly permission: string
  /** The name of the call that was decided on. */
  readonly call: string
  readonly steps: readonly DrillStep[]
  /** What it does not show. */
  readonly untested: readonly string[]
}

/** What a drill needs. */
export interface RunDrillOptions {
  readonly permission: string
  readonly reason: string
  readonly config: string | undefined
  /** Ends it early. It is restored all the same. */
  readonly signal: AbortSignal
}

const SERVERS = 'the servers that run: they see nothing of a drill'
const ALONE = 'a second process: the state is not shared'

/**
 * Shows of one call that it is permitted, revokes what permits it, shows that it is refused, restores it, and shows that it is permitted again: here
 * and, over a shared state, in a second process. Everything takes the way that a real revocation takes through store, feed and policy, under a
 * name that only the two processes of the drill know. Decisions are asked for; nothing is called.
 *
 * Rejects with `UsageError` when no call of the table of expectations rests on the permission.
 */
export async function runDrill({ permission, reason, config, signal }: RunDrillOptions): Promise<DrillReport> {
  const drill: Drill = { id: randomBytes(16).toString('hex'), permission }
  const { lockstep, policies, isShared, bound } = await openDrilled(config, drill, OPERATOR)
  try {
    const { name, asked } = await findCall(lockstep, policies, permission)
    const other = isShared ? await observe({ config, drill, asked }) : undefined
    const steps: DrillStep[] = []
    /** Waits until both decide like this, or the bound is over. */
    const both = async (effect: 'permit' | 'deny', since?: number) => {
      const is = effect === 'permit' ? 'permitted' : 'refused'
      const passed = () => (since === undefined ? undefined : Math.round(performance.now() - since))
      const here = (await lockstep.explain(asked)).effect === effect
      steps.push({ step: `${is} here`, held: here, ms: passed() })
      if (!other) return
      const there = await other.until(effect, AbortSignal.any([signal, AbortSignal.timeout(bound)]))
      steps.push({ step: `${is} in a second process`, held: there, ms: passed() })
    }
    try {
      await both('permit')
      if (signal.aborted || steps.some(({ held }) => !held)) return { permission, call: name, steps, untested: [] }
      let since = performance.now()
      await lockstep.revoke({ permission }, reason)
      try {
        await both('deny', since)
      } finally {
        since = performance.now()
        await lockstep.restore({ permission }, reason)
      }
      await both('permit', since)
    } finally {
      other?.close()
    }
    if (signal.aborted) steps.push({ step: 'interrupted', held: false })
    return { permission, call: name, steps, untested: other ? [SERVERS] : [ALONE, SERVERS] }
  } finally {
    await lockstep.close()
  }
}

/** A call that the permission permits, by its policy or by its action. */
async function findCall(lockstep: Lockstep, policies: string, permission: string): Promise<ReplayedCall> {
  const table = findExpectations(policies)
  if (table === undefined)
    throw new UsageError(`there is no table of expectations in \`${policies}\` to find a call in`)
  for (const call of expectedCalls(await readExpectationFiles([table]))) {
    const { effect, policies: by, action } = await lockstep.explain(call.asked).catch(refusedBefore)
    if (effect === 'permit' && (by.some((id) => id === permission) || action === permission)) return call
  }
  throw new UsageError(`no call of \`${table}\` is permitted by \`${permission}\``)
}

/** A row whose arguments are refused is no call that is permitted. */
function refusedBefore(error: unknown) {
  if (isLockstepError(error) && error.layer === 'invocation')
    return { effect: 'deny', policies: [], action: '' } as const
  throw error
}
