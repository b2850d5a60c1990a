import { digest, type Revocable, revocableName } from '@lockstep/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'

type Named = Exclude<Revocable, 'everything' | 'decisions'>

// Few characters, so that two revocables often have the same ones, put together in another way.
const text = fc.string({ unit: fc.constantFrom('1', ':', 'a', 'é'), minLength: 1, maxLength: 4 })
const long = fc.constantFrom('x'.repeat(500), `${'x'.repeat(500)}:`, 'x'.repeat(2_000))
const part = fc.oneof({ weight: 9, arbitrary: text }, long)
const issued = fc.record({ issuer: part, id: part })
const revocable: fc.Arbitrary<Named> = fc.oneof(
  issued.map((subject) => ({ subject })),
  part.map((actor) => ({ actor })),
  issued.map((client) => ({ client })),
  issued.map((token) => ({ token })),
  part.map((capability) => ({ capability })),
  part.map((permission) => ({ permission })),
)

/** What is revoked, in a list that no other one equals. */
function partsOf(one: Named): string[] {
  const [[kind, parts] = ['', '']] = Object.entries<string | { readonly issuer: string; readonly id: string }>(one)
  return typeof parts === 'string' ? [kind, parts] : [kind, parts.issuer, parts.id]
}

test(proves('core:revocable:own-name'), () => {
  fc.assert(
    fc.property(revocable, (one) => {
      // Twice: what is remembered is what was worked out.
      expect(revocableName(one)).toBe(digest(partsOf(one)))
      expect(revocableName(one)).toBe(digest(partsOf(one)))
    }),
    { numRuns: runs(2_000) },
  )
  for (const all of ['everything', 'decisions'] as const) expect(revocableName(all)).toBe(digest([all]))
})
