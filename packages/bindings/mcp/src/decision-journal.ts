import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Clock, type Decision, LockstepError } from '@lockstep/core'
import type { DecidedCall } from '@lockstep/invocation'
import type { LockstepConfiguration } from './configuration.ts'
import type { KeptDecision } from './kept-decision.ts'

/** A journal that is larger becomes `<file>.1`, in the place of the one before: what is kept is bounded by twice this. */
const MOST_BYTES = 67_108_864

/**
 * Creates what keeps the inputs of decisions, if the configuration says so: one line of JSON each, in a file that only its owner may read. A line
 * that cannot be written denies the call with `audit.unavailable`: a journal with holes would say that policies differ less than they do.
 *
 * @throws LockstepError `configuration.invalid` when there is no folder to keep it in
 */
export function createDecisionJournal(
  { decisions, state = './.lockstep' }: LockstepConfiguration,
  base: string,
  clock: Clock,
): ((decided: DecidedCall) => Promise<void>) | undefined {
  if (!decisions) return undefined
  const own = typeof state === 'string' && state !== 'memory' ? join(state, 'decisions.jsonl') : undefined
  const named = decisions.file ?? own
  if (named === undefined)
    throw new LockstepError('configuration.invalid', '`decisions.file` is needed: the state is no folder')
  const file = resolve(base, named)
  // One after the other, so that no two writers move the file away.
  let last: Promise<void> = Promise.resolve()
  return (decided) => {
    const line = `${JSON.stringify(keptDecision(decided, clock()))}\n`
    const written = last.then(() => write(file, line))
    last = written.catch(() => undefined)
    return written
  }
}

async function write(file: string, line: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    )
    if (size > MOST_BYTES) await rename(file, `${file}.1`)
    await appendFile(file, line, { mode: 0o600 })
  } catch (cause) {
    throw new LockstepError('audit.unavailable', 'the journal of decisions cannot be written', { cause })
  }
}

function keptDecision(
  { caller, call, facts, labels, signInAge, resource, history, outcome }: DecidedCall,
  at: number,
): KeptDecision {
  const { subject, actor, assurance, proof, trace } = caller
  const decision: Decision | undefined = outcome.ok ? outcome.value.call.decision : outcome.denial.decision
  return {
    v: 1,
    at,
    trace,
    subject,
    actor: { id: actor.id },
    tool: call.tool,
    arguments: call.arguments,
    ...(assurance.acr === undefined ? {} : { acr: assurance.acr }),
    ...(signInAge === undefined ? {} : { signInAge }),
    labels,
    proof: proof.kind,
    entities: facts.entities,
    ...(resource ? { stored: resource } : {}),
    ...(history ? { history } : {}),
    effect: outcome.ok ? 'permit' : 'deny',
    policies: decision?.policies ?? [],
    ...(decision ? { policyVersion: decision.policyVersion } : {}),
  }
}
