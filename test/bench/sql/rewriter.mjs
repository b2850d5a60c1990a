import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRewriter, loadParser } from '@lockstep/execution'
import { createDecisionPoint } from '@lockstep/policy'
// An instance's own way of asking, which no package exports: it belongs to `createLockstep`.
import { createAskAccess } from '../../../packages/bindings/mcp/dist/create-ask-access.js'
import { factsOf, policyFilesOf, tradeTables } from './world.mjs'

export const TOOL = 'report'
export const ACTOR = 'spiffe://bench.test/agents/reporter'

/** Writes the policy files into a folder of their own, and takes them away again. */
export function policyFolder(place = 'row') {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  for (const [name, text] of Object.entries(policyFilesOf(place))) writeFileSync(join(folder, name), text)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The rewriter over the real policies, as an instance opens it. */
export async function openRewriter(place = 'row') {
  await loadParser()
  const { folder, remove } = policyFolder(place)
  const point = createDecisionPoint({ folder })
  remove()
  return createRewriter({ tables: tradeTables, ...createAskAccess(point) })
}

/** A call of a tool as the invocation layer hands it over, every object of it new. */
export function newCall(subject) {
  return {
    tool: TOOL,
    arguments: {},
    argumentsDigest: '',
    id: crypto.randomUUID(),
    caller: {
      subject: { issuer: 'https://issuer.test', id: subject },
      actor: { id: ACTOR, basis: 'proved', chain: [] },
      proof: { kind: 'dpop', thumbprint: 'thumbprint' },
      assurance: { satisfied: [] },
      scopes: [],
      token: { id: 'token', issuedAt: 0, expiresAt: 2_000_000_000 },
      trace: '0'.repeat(32),
    },
    facts: factsOf(subject, ACTOR),
    decision: { effect: 'permit', policies: [], obligations: [], policyVersion: '1' },
    obligations: [],
    policyVersion: '1',
    deadline: Number.MAX_SAFE_INTEGER,
  }
}
