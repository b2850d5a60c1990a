import type { Random } from '../../../packages/engines/policy/test/oracle/random.ts'

/** Conditions on a row, each with the guard that what is optional in it needs. */
const ATOMS: readonly ((random: Random) => string)[] = [
  ({ pick }) => `resource.title == ${pick(['"a"', '"ab"', '""', '"😀"', 'resource.code', 'principal.name'])}`,
  ({ pick }) => `resource.code == ${pick(['"abcd"', '"abc"', '"a"', 'resource.title'])}`,
  ({ pick }) => `["abcd", "a", principal.name].contains(resource.${pick(['code', 'title'])})`,
  ({ pick }) => `resource.title like ${pick(['"a*"', '"*b"', '"a%"', '"*\\\\*"', '"*_*"', '""', '"*"', '"a\\*"'])}`,
  ({ pick }) =>
    `resource.${pick(['size', 'small'])} ${pick(['<', '<=', '>', '>=', '==', '!='])} ${pick(['2', '-1', '32768', 'resource.size', 'resource.small', 'principal.level', 'context.limit'])}`,
  ({ pick }) =>
    pick(['resource.open', '!resource.open', 'resource.open == (resource.size < 2)', 'principal.level < 2']),
  ({ pick }) => `resource.owner == ${pick(['principal', 'User::"u2"', 'User::"1"'])}`,
  ({ pick }) => `resource.owner ${pick(['is User', '!= principal'])}`,
  ({ pick }) => `resource.team in ${pick(['principal.teams', 'Team::"2"', '[Team::"1", Team::"03"]'])}`,
  ({ pick }) => `principal in resource.${pick(['team', 'teams', 'readers'])}`,
  ({ pick }) =>
    `resource.teams.${pick(['containsAny(principal.teams)', 'containsAll(principal.teams)', 'contains(Team::"3")', 'contains(resource.team)', 'isEmpty()'])}`,
  ({ pick }) => `principal.teams.${pick(['containsAll', 'containsAny'])}(resource.teams)`,
  ({ pick }) =>
    `resource.labels.${pick(['contains("a")', 'contains(resource.title)', 'containsAll(["a", "b"])', 'containsAny(principal.labels)', 'containsAll(principal.labels)', 'isEmpty()'])}`,
  ({ pick }) => `resource.labels ${pick(['==', '!='])} ${pick(['["a"]', '["b", "a", "a"]', 'principal.labels'])}`,
  ({ pick }) =>
    `resource.nums.${pick(['contains(3)', 'contains(99999999999)', 'contains(resource.small)', 'containsAll([1, 2])', 'containsAny([3, 4])', 'containsAll([1, 99999999999])'])}`,
  ({ pick }) =>
    `[1, 2, context.limit].${pick(['contains(resource.small)', 'containsAll(resource.nums)', 'containsAny([resource.small, resource.size])', 'containsAll([resource.small])'])}`,
  ({ pick }) =>
    `resource.price.${pick(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${pick(['decimal("1.5")', 'decimal("1.5001")', 'decimal("922337203685477.5807")', 'principal.rate'])})`,
  ({ pick }) => `resource.price ${pick(['==', '!='])} ${pick(['decimal("1.50")', 'principal.rate', 'decimal("0.0")'])}`,
  ({ pick }) =>
    `resource.due ${pick(['<', '<=', '>', '>=', '==', '!='])} ${pick(['datetime("2026-01-01")', 'datetime("1970-01-01T01:00:00.500+0130")', 'datetime("0000-01-01")', 'context.now', 'principal.since', 'context.now.offset(duration("365000000d"))'])}`,
  ({ pick }) =>
    `resource.readers.${pick(['contains(principal)', 'contains(resource.owner)', 'containsAny([principal, User::"u3"])', 'containsAll([principal, User::"1"])', 'isEmpty()'])}`,
  ({ pick }) => `resource in ${pick(['Folder::"f1"', 'Shelf::"s1"', '[Shelf::"s2", Folder::"f3"]', 'Folder::"gone"'])}`,
  ({ pick }) =>
    `resource.folder in ${pick(['Folder::"f1"', 'Shelf::"s1"', '[Shelf::"s2", Folder::"f3"]', 'Shelf::"gone"'])}`,
  ({ pick }) => `resource.folder.name ${pick(['== "a"', 'like "a*"', '!= resource.title'])}`,
  ({ pick }) =>
    `resource.order.${pick(['tenant == "t1"', 'tenant == resource.title', 'tenant like "t*"', 'total < 3', 'total <= resource.small', 'open', 'customer == Customer::"2"', 'customer.vip', 'customer.tier > principal.level', 'watchers.contains(principal)', 'watchers.containsAny([principal, resource.owner])', 'watchers.isEmpty()'])}`,
  ({ pick }) => `resource.order ${pick(['has tenant', 'has memo', 'has customer.vip', '== Order::"1"', 'is Order'])}`,
  ({ pick }) => `(resource.order has memo && resource.order.memo ${pick(['== "a"', '!= "a"', 'like "*"'])})`,
  ({ pick }) =>
    `(resource.order.customer has region && resource.order.customer.region ${pick(['== "a"', '!= resource.title'])})`,
  ({ pick }) =>
    `(resource has backup && ${pick(['resource.backup.tenant == "t1"', '!resource.backup.open', 'resource.backup == resource.order', 'resource.backup.customer.tier > 1', 'resource.backup.watchers.contains(principal)'])})`,
  ({ pick }) =>
    `resource has ${pick(['note', 'cap', 'fee', 'until', 'editor', 'tags', 'backup', 'backup.memo', 'order.customer.vip'])}`,
  ({ pick }) => `(resource has note && resource.note ${pick(['== "a"', '!= "a"', 'like "a*"', '== resource.title'])})`,
  ({ pick }) => `(resource has cap && resource.cap ${pick(['<', '>=', '=='])} ${pick(['2', 'resource.small'])})`,
  ({ pick }) =>
    pick([
      '(resource has flag && resource.flag)',
      '(resource has flag && !resource.flag)',
      '(if resource has flag then resource.flag else resource.open)',
    ]),
  ({ pick }) => `(resource has fee && resource.fee.${pick(['lessThan', 'greaterThanOrEqual'])}(decimal("1.5")))`,
  ({ pick }) => `(resource has until && resource.until ${pick(['<', '>='])} ${pick(['context.now', 'resource.due'])})`,
  ({ pick }) => `(resource has editor && resource.editor ${pick(['== principal', '!= resource.owner'])})`,
  ({ pick }) =>
    `(resource has tags && resource.tags.${pick(['contains("a")', 'containsAny(resource.labels)', 'containsAll(resource.labels)'])})`,
  // A boss that nobody knows: an error, unless the left side decides.
  ({ pick }) => `(principal has boss && principal.boss.level ${pick(['<', '>='])} 1)`,
  ({ pick }) =>
    `${pick(['resource.open', 'resource.size < 2'])} && (principal has boss && principal.boss.name == resource.title)`,
]

/** Draws a policy about reading a row. What strict validation refuses is left out by the caller. */
export function randomReadPolicy(id: string, random: Random): string {
  const effect = random.once(4) ? 'forbid' : 'permit'
  const principal = random.pick(['principal', 'principal', 'principal in Team::"1"', 'principal == User::"u2"'])
  const resource = random.pick([
    'resource',
    'resource is Doc',
    'resource is Doc',
    'resource in Shelf::"s1"',
    'resource is Doc in Folder::"f2"',
  ])
  const about = random.pick([
    'context.field == "row" && context.form == "plain"',
    'context.form == "plain"',
    'context.field == "bank"',
    'context.field == "bank" && context.form == "masked"',
    '["row", "bank"].contains(context.field)',
    'true',
  ])
  const unless = random.once(5) ? ` unless { ${condition(random, random.below(2))} }` : ''
  return `@id("${id}") ${effect} (${principal}, action == Action::"read", ${resource}) when { ${about} && ${condition(random, random.below(4))} }${unless};`
}

function condition(random: Random, depth: number): string {
  if (depth === 0 || random.once(5)) return random.pick(ATOMS)(random)
  const one = () => condition(random, depth - 1)
  switch (random.below(6)) {
    case 0:
    case 1:
      return `(${one()} && ${one()})`
    case 2:
    case 3:
      return `(${one()} || ${one()})`
    case 4:
      return `!(${one()})`
    default:
      return `(if ${one()} then ${one()} else ${one()})`
  }
}
