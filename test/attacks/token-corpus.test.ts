import { expect, test } from 'vitest'
import { type Attack, answerOf, casesOf } from '../../packages/layers/1-gateway/test/attack.ts'
import { proofAttacks } from '../../packages/layers/1-gateway/test/proof-attacks.ts'
import { tokenAttacks } from '../../packages/layers/1-gateway/test/token-attacks.ts'
import { expectRefused } from '../fixtures/corpus/expect-refused.ts'
import { type HttpWorld, openHttpWorld } from '../fixtures/corpus/http-world.ts'
import { proves } from '../requirements/index.ts'

const attacks = { ...tokenAttacks, ...proofAttacks }

/** Cases about a shared or failing store: the tests of the stores try them over HTTP. */
const STORES = ['T115', 'T116', 'T122']

const cases = [...casesOf('JWT access token'), ...casesOf('Credential carriage and DPoP')].flatMap((one) =>
  STORES.includes(one.id)
    ? []
    : (attacks[one.id] ?? [])
        // Certificates need TLS: see connection-identity.test.ts.
        .filter(({ world }) => !world?.proof?.certificates)
        .map((attack): [string, Attack, string] => [
          `${one.id}, ${attack.says}`,
          attack,
          attack.expect ?? answerOf(one),
        ]),
)

const WAYS = ['fast', 'jose'] as const
const tried = WAYS.flatMap((verification) =>
  cases.map(([name, attack, expected]) => [`${name}, ${verification}`, attack, expected, verification] as const),
)

test.each(tried)(proves('attacks:tokens:corpus', '%s'), async (_name, attack, expected, verification) => {
  const world = await openHttpWorld({ ...attack.world, verification })
  try {
    const sent = attack.send(world)
    const outcome = await (sent instanceof Promise ? sent : world.admit(sent))
    const last = world.exchanges.at(-1)
    if (!last) throw new Error('nothing was sent')
    expect(world.letter(outcome)).toBe(expected)
    if (outcome.ok) return expect(last.ran).toBe(last.audit[0]?.actor === 'spiffe://example/agents/planner-42' ? 1 : 0)

    expectRefused(last)
    // Only the first use of a proof that is replayed has used it up.
    // And where the issuer is another one, no request is honest.
    if (!(sent instanceof Promise) && !attack.world?.issuer && !attack.world?.proof?.nonce)
      await expectNothingConsumed(world, last.request.headers)
  } finally {
    await world.close()
  }
})

/** A refused proof has not used its `jti` up: the same key may still prove one request with it. */
async function expectNothingConsumed(world: HttpWorld, headers: HttpWorld['exchanges'][number]['request']['headers']) {
  for (const jti of headers.filter(([name]) => name === 'DPoP').flatMap(([, value]) => idsOf(value))) {
    const honest = await world.admit({ proofClaims: { jti } })
    expect(world.letter(honest), 'the same `jti` is still good').toBe('OK')
  }
}

function idsOf(proof: string): string[] {
  try {
    const { jti } = JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString())
    return typeof jti === 'string' && jti !== '' && jti.length <= 256 ? [jti] : []
  } catch {
    return []
  }
}
