import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { checkTransaction } from '@lockstep/invocation'
import { createSigningKey, createTxnTokenVerifier, signJwt } from '@lockstep/tokens'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createWorld, NOW, present, TRUST_DOMAIN, TTS } from './transaction-world.ts'

const key = await createSigningKey()
const verifier = createTxnTokenVerifier({
  trustDomain: TRUST_DOMAIN,
  issuer: TTS,
  clock: () => NOW * 1000,
  jwks: { keys: [{ ...key.publicJwk, kid: key.thumbprint, alg: key.algorithm }] },
})
const answer = await createWorld().exchange()
const claims: JsonObject = JSON.parse(
  Buffer.from(String(answer.body.access_token).split('.')[1] ?? '', 'base64url').toString(),
)

/** Whether the service's own signature over these claims would open the call. */
async function opens(changed: JsonObject): Promise<boolean> {
  const outcome = await verifier.verify(await signJwt(key, 'txntoken+jwt', changed))
  return outcome.ok && checkTransaction(outcome.value, present()) === undefined
}

/**
 * What a change to which leaves the call open: a moment, an id, who asked, evidence that policy decides on afresh, and the name of a
 * resource that the resource digest covers too.
 */
const FREE = ['iat', 'exp', 'txn', 'jti', 'req_wl', 'rctx.acr', 'tctx.resource.type', 'tctx.resource.id']

function leaves(value: JsonValue, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return FREE.includes(path.join('.')) ? [] : [path]
  return Object.entries(value).flatMap(([name, member]) => leaves(member, [...path, name]))
}

function replace(value: JsonValue, [name, ...rest]: readonly string[], leaf: JsonValue | undefined): JsonObject {
  const object: JsonObject = isJsonObject(value) ? value : {}
  const { [name ?? '']: member, ...others } = object
  if (rest.length > 0) return { ...others, [name ?? '']: replace(member ?? null, rest, leaf) }
  return leaf === undefined ? others : { ...others, [name ?? '']: leaf }
}

const leafAt = (path: readonly string[]) =>
  path.reduce<JsonValue>((value, name) => (value as JsonObject)[name] ?? null, claims)
const paths = leaves(claims)
const sha = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
const words = fc.oneof(fc.constantFrom('user:bob', 'https://other.example', 'v2', 'getExpense', 'admin'), fc.string())
const substitute = fc.oneof(
  { weight: 4, arbitrary: words.filter((text) => text.isWellFormed()) },
  { weight: 3, arbitrary: sha },
  { weight: 2, arbitrary: fc.constantFrom<JsonValue | undefined>(undefined, null, 0, 1.5, true, [], {}) },
)

test(proves('invocation:txn-token:bound', 'any claim that says for whom and for what'), async () => {
  expect(await opens(claims), 'the claims themselves').toBe(true)
  expect(paths.length).toBeGreaterThan(15)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), substitute, async (path, leaf) => {
      fc.pre(leaf !== leafAt(path))
      expect(await opens(replace(claims, path, leaf))).toBe(false)
    }),
    // Fewer runs than paths and kinds together would leave some claims untried.
    {
      numRuns: runs(400),
      examples: paths.flatMap((path): [readonly string[], JsonValue | undefined][] => [
        [path, undefined],
        [path, 'x'],
      ]),
    },
  )
})
