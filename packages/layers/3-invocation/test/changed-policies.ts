import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ObligationRegistry } from '@lockstep/core'
import { createDecisionPoint } from '@lockstep/policy'
import { afterAll } from 'vitest'
import { POLICIES } from '../../../engines/policy/test/expense-fixture.ts'
import { type PolicyFolder, policyFolder } from '../../../engines/policy/test/policy-folder.ts'

const folders: PolicyFolder[] = []
afterAll(() => {
  for (const folder of folders.splice(0)) folder.remove()
})

/** A decision point over a copy of the example's policies with other files in it. */
export function changedPolicies(files: Readonly<Record<string, string>>, obligations: ObligationRegistry = {}) {
  const folder = policyFolder({})
  folders.push(folder)
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
