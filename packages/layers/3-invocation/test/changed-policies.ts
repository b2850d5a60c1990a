import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ObligationRegistry } from '@lockstep/core'
import { createDecisionPoint } from '@lockstep/policy'
import { onTestFinished } from 'vitest'
import { POLICIES } from '../../../engines/policy/test/expense-fixture.ts'
import { policyFolder } from '../../../engines/policy/test/policy-folder.ts'

/** A decision point over a copy of the example's policies with other files in it. It is gone when the test is over. */
export function changedPolicies(files: Readonly<Record<string, string>>, obligations: ObligationRegistry = {}) {
  const folder = policyFolder({})
  onTestFinished(folder.remove)
  cpSync(POLICIES, folder.path, { recursive: true })
  folder.write(files)
  return { point: createDecisionPoint({ folder: folder.path, obligations }), write: folder.write }
}

/** The example's `approve.cedar` with one text replaced by another. */
export function changedApprovals(from: string, to: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(POLICIES, 'approve.cedar'), 'utf8')
  if (!text.includes(from)) throw new Error('the example changed: nothing to replace')
  return { 'approve.cedar': text.replace(from, to) }
}
