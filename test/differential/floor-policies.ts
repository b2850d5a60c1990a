import type { EntityFact, EntityRef, Value } from '@lockstep/core'

/** Draws numbers from 0 below 1, the same ones for the same seed. */
export type Random = () => number

/** Mulberry32, which needs no more than a seed. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

/** Conditions of a person on a document, each a whole one for Cedar's strict validation. */
const OF_USERS = [
  'principal has tenant && resource.tenant == principal.tenant',
  'principal has tenant && principal.tenant != resource.tenant',
  'principal.tenants.contains(resource.tenant)',
  '[Tenant::"1", Tenant::"2"].contains(resource.tenant)',
  'resource.level <= principal.level',
  'principal.level < resource.level',
  'resource.level == principal.level',
  'resource has rank && resource.rank >= principal.level',
  'resource has rank && principal has rank && resource.rank == principal.rank',
  'resource.title == principal.name',
  'principal.names.contains(resource.title)',
  'resource.title like "*q*"',
  'resource.flag == principal.flag',
  'resource.flag',
  'principal.flag',
  'resource.price.lessThan(principal.limit)',
  'principal.limit.lessThanOrEqual(resource.price)',
  'resource.price == principal.limit',
  'resource.at < principal.since',
  'principal.since <= resource.at',
  'resource.tags.contains(principal.name)',
  'resource.tags.containsAny(principal.names)',
  'resource.tags.containsAll(principal.names)',
  'principal.names.containsAll(resource.tags)',
  'principal.names.containsAny(resource.tags)',
  'resource.tags == principal.names',
  'resource.tags.contains("a")',
  'resource.marks.containsAny(principal.marks)',
  'resource.marks.containsAll(principal.marks)',
  'resource.marks.contains(principal.level)',
  'principal.marks.contains(resource.level)',
  'resource.owner == principal',
  'resource.readers.contains(principal)',
  'principal in resource.team',
  'principal in Team::"t1"',
  'principal in [Team::"t1", Team::"t2"]',
  'resource.uid == principal.uid',
  'resource has place && resource.place.tenant == Tenant::"1"',
  'resource has place && resource.place.level <= principal.level',
  'resource has place && principal has tenant && resource.place.tenant == principal.tenant',
  'resource has place && principal has place && resource.place == principal.place',
  'principal has place && principal.place.level < resource.level',
  'resource has place',
  'context.proof == "dpop"',
  'context.intent == "other"',
  'context.acr.contains("mfa")',
]

/** Conditions of an agent. */
const OF_AGENTS = [
  'true',
  'true',
  'resource.level <= principal.ceiling',
  'principal has tenant && resource.tenant == principal.tenant',
  'resource.flag || principal.ceiling > 3',
  '!(resource.tags.contains("b"))',
]

function condition(random: Random, atoms: readonly string[], depth = 3): string {
  const inner = () => condition(random, atoms, depth - 1)
  const drawn = depth === 0 ? 0 : random()
  if (drawn < 0.35) return `(${pick(random, atoms)})`
  if (drawn < 0.6) return `(${inner()} && ${inner()})`
  if (drawn < 0.8) return `(${inner()} || ${inner()})`
  if (drawn < 0.93) return `!(${inner()})`
  return `(if ${inner()} then ${inner()} else ${inner()})`
}

/** Each condition of a person as a policy of its own, and its contrary as a forbid. */
export const PLAIN_POLICIES: readonly string[] = OF_USERS.flatMap((atom) => {
  const policy = (effect: string, when: string) =>
    `@id("${effect}") ${effect} (principal is User, action == Action::"read", resource is Doc) when { ${when} };`
  const agents = '@id("agents") permit (principal is Agent, action == Action::"read", resource);'
  const row = 'context.field == "row" && context.form == "plain"'
  return [
    `${policy('permit', `${row} && (${atom})`)}\n${agents}`,
    `${policy('permit', row)}\n${policy('forbid', atom)}\n${agents}`,
  ]
})

/** Some policies about reading documents. */
export function drawPolicies(random: Random): string {
  const row = 'context.field == "row" && context.form == "plain"'
  const policy = (effect: string, principal: string, atoms: readonly string[], index: number, guard = true) =>
    `@id("${effect}-${principal}-${index}") ${effect} (principal is ${principal}, action == Action::"read", resource is Doc) when { ${guard ? `${row} && ` : ''}${condition(random, atoms)} };`
  const many = (most: number) => Array.from({ length: Math.floor(random() * (most + 1)) }, (_, index) => index)
  return [
    policy('permit', 'User', OF_USERS, 0),
    ...many(2).map((index) => policy('permit', 'User', OF_USERS, index + 1)),
    ...many(2).map((index) => policy('forbid', 'User', OF_USERS, index, false)),
    policy('permit', 'Agent', OF_AGENTS, 0, random() < 0.5),
    ...(random() < 0.3 ? [policy('forbid', 'Agent', OF_AGENTS, 0, false)] : []),
  ].join('\n')
}

const entity = (type: string, id: string): Value => ({ entity: { type, id } })
const some = (random: Random, items: readonly Value[]): Value => ({ set: items.filter(() => random() < 0.4) })
const maybe = (random: Random, name: string, value: Value) => (random() < 0.7 ? { [name]: value } : {})

/** Ids that columns can hold, and such as they cannot. */
const TENANTS = ['0', '1', '2', '3', 'none', '-1', '99999999999', '01', '']
const TEXTS = ['a', 'b', 'c', '', 'q\'"\\', '{a}', 'NULL', 'ä\u{1f600}', 'x\u0000y']

/** What is known of one person and the agent that acts for them. */
export function drawFacts(random: Random, subject: string, actor: string): readonly EntityFact[] {
  const teams: EntityRef[] = ['t0', 't1', 't2'].filter(() => random() < 0.4).map((id) => ({ type: 'Team', id }))
  const place = String(Math.floor(random() * 9))
  // one person has what no column can hold
  const isOdd = subject === 'user:0'
  return [
    {
      type: 'User',
      id: subject,
      attributes: {
        ...(isOdd
          ? { tenant: entity('Tenant', 'none') }
          : maybe(random, 'tenant', entity('Tenant', pick(random, TENANTS)))),
        tenants: some(
          random,
          TENANTS.map((id) => entity('Tenant', id)),
        ),
        level: Math.floor(random() * 10) - 1,
        ...maybe(random, 'rank', pick(random, [0, 3, 7, 4_000_000_000])),
        name: isOdd ? 'x\u0000y' : pick(random, TEXTS),
        names: some(random, TEXTS),
        flag: random() < 0.5,
        limit: { extension: { type: 'decimal', text: pick(random, ['0.5', '3.5', '7.25', '12.5000', '-1.0']) } },
        since: {
          extension: { type: 'datetime', text: pick(random, ['2026-01-03', '2026-01-05T00:00:00.500Z', '2027-01-01']) },
        },
        marks: some(random, [1, 2, 3, 5_000_000_000]),
        uid: entity(
          'Item',
          pick(random, ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000A', 'x']),
        ),
        ...maybe(random, 'place', entity('Place', place)),
      },
      parents: teams,
    },
    { type: 'Place', id: place, attributes: { tenant: entity('Tenant', '1'), level: 2 }, parents: [] },
    { type: 'Team', id: 't0', attributes: {}, parents: [{ type: 'Team', id: 't3' }] },
    {
      type: 'Agent',
      id: actor,
      attributes: { ceiling: Math.floor(random() * 9), ...maybe(random, 'tenant', entity('Tenant', '1')) },
      parents: [],
    },
  ]
}
