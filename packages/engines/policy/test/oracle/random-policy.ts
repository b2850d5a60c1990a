import type { Random } from './random.ts'

/** The types of expressions that are drawn. */
type Kind =
  | 'Bool'
  | 'Long'
  | 'String'
  | 'Longs'
  | 'Strings'
  | 'User'
  | 'Group'
  | 'Groups'
  | 'Color'
  | 'decimal'
  | 'datetime'
  | 'duration'
  | 'ipaddr'
  | 'Place'

/** What can be read, by type; the second text is the guard that an optional member needs. */
const PATHS: Readonly<Record<Exclude<Kind, 'Bool'>, readonly (readonly [string, string?])[]>> & {
  readonly Bool: readonly (readonly [string, string?])[]
} = {
  Bool: [
    ['principal.active'],
    ['resource.open'],
    ['context.flag'],
    ['principal.prefs.deep.b', 'principal.prefs has deep.b'],
    ['resource.owner.active'],
  ],
  Long: [
    ['principal.level'],
    ['resource.amount'],
    ['context.n'],
    ['context.m', 'context has m'],
    ['principal.prefs.x'],
    ['principal.prefs.deep.a', 'principal.prefs has deep'],
    ['resource.size.width'],
    ['resource.place.x'],
    ['resource.owner.level'],
    ['principal.home.rank'],
    ['context.by.level'],
    ['context.arguments.count', 'context has arguments.count'],
    ['context.approval.level', 'context has approval'],
    ['principal.getTag("one")', 'principal.hasTag("one")'],
    ['principal.getTag(context.text)', 'principal.hasTag(context.text)'],
  ],
  String: [
    ['principal.name'],
    ['resource.title'],
    ['context.text'],
    ['context.form'],
    ['context.arguments.to'],
    ['principal.nick', 'principal has nick'],
    ['resource.note', 'resource has note'],
    ['resource.size.unit', 'resource has size.unit'],
    ['principal.prefs.y', 'principal.prefs has y'],
    ['resource.getTag("one")', 'resource.hasTag("one")'],
  ],
  Longs: [['principal.nums'], ['resource.nums']],
  Strings: [
    ['principal.flags'],
    ['resource.labels'],
    ['context.tags'],
    ['resource.getTag("two")', 'resource is Shop::Item && resource.hasTag("two")'],
  ],
  User: [
    ['resource.owner'],
    ['context.by'],
    ['principal.boss', 'principal has boss'],
    ['resource.editor', 'resource has editor'],
    ['context.approval.by', 'context has approval'],
    ['resource.owner.boss', 'resource.owner has boss'],
  ],
  Group: [['principal.home'], ['resource.group'], ['resource.owner.home']],
  Groups: [['resource.groups']],
  Color: [['principal.color'], ['resource.color'], ['context.by.color']],
  decimal: [
    ['principal.score'],
    ['resource.price'],
    ['context.rate'],
    ['principal.limit', 'principal has limit'],
    ['resource.fee', 'resource has fee'],
    ['context.arguments.price', 'context has arguments.price'],
  ],
  datetime: [['principal.since'], ['resource.due'], ['context.now'], ['resource.until', 'resource has until']],
  duration: [['principal.span'], ['resource.life'], ['context.wait']],
  ipaddr: [['principal.addr'], ['resource.host'], ['context.ip']],
  Place: [['resource.place']],
}

const LITERALS: Readonly<Record<Kind, readonly string[]>> = {
  Bool: ['true', 'false'],
  // None near 2^53: between there and 2^63 the house is stricter than Cedar, see `applyBinary`.
  Long: ['0', '1', '2', '3', '4', '-1'],
  String: ['"a"', '"b"', '"ab"', '"a*"', '""', '"😀"', '"\\\\"'],
  Longs: ['[1, 2]', '[3]', '[0, 1, 2, 2]'],
  Strings: ['["a", "b"]', '["ab"]', '["a", "😀", "a"]'],
  User: ['User::"u1"', 'User::"u2"', 'User::"gone"'],
  Group: ['Group::"g1"', 'Group::"g2"', 'Group::"g3"', 'Group::"far"'],
  Groups: ['[Group::"g1", Group::"g3"]', '[Group::"g2"]'],
  Color: ['Color::"red"', 'Color::"green"'],
  decimal: ['decimal("1.5")', 'decimal("-0.5")', 'decimal("2.0")', 'decimal("922337203685477.5807")'],
  datetime: ['datetime("2026-01-01")', 'datetime("2026-01-01T12:00:00Z")', 'datetime("1969-12-31T23:30:00.500-0130")'],
  duration: ['duration("1h")', 'duration("-90m")', 'duration("1d2h3m4s5ms")', 'duration("9223372036854775807ms")'],
  ipaddr: [
    'ip("10.0.0.0/8")',
    'ip("10.1.2.3")',
    'ip("127.0.0.1")',
    'ip("::1")',
    'ip("ff02::1")',
    'ip("224.0.0.1")',
    'ip("2001:db8::/32")',
  ],
  Place: ['{ x: 1, y: 2 }', '{ y: 1, "x": 0 }'],
}

const PATTERNS = ['"a*"', '"*"', '"*b"', '"a*b*"', '"*\\*"', '""', '"?😀*"', '"a"', '"**b"']
const BIG = '9007199254740991'

/** An expression with the guards that it needs around it. */
interface Drawn {
  readonly text: string
  readonly guards: readonly string[]
}

/** Draws a policy: any operator of Cedar 4.5 at any place, mostly well-typed. What the validator refuses is left out by the caller. */
export function randomPolicy(id: string, random: Random): string {
  const effect = random.once(4) ? 'forbid' : 'permit'
  const principal = random.pick([
    'principal',
    'principal is User',
    'principal is User',
    'principal is User',
    'principal is Bot',
    'principal in Group::"g1"',
    'principal is User in Group::"g2"',
    'principal == User::"u1"',
    'principal in Org::"o1"',
  ])
  const action = random.pick([
    'action',
    'action in Action::"all"',
    'action in [Action::"read", Action::"drop"]',
    'action == Action::"read"',
    'action == Action::"read"',
    'action in Action::"some"',
    'action == Action::"drop"',
    'action == Action::"write"',
  ])
  const resource = random.pick([
    'resource',
    'resource is Doc',
    'resource is Doc',
    'resource is Doc',
    'resource is Shop::Item',
    'resource in Group::"g1"',
    'resource is Doc in Group::"g3"',
    'resource == Doc::"d1"',
  ])
  const clauses = Array.from({ length: random.once(4) ? 2 : 1 }, () => {
    const kind = random.once(5) ? 'unless' : 'when'
    return `${kind} { ${condition(random, random.below(4))} }`
  })
  return `@id("${id}") ${effect} (${principal}, ${action}, ${resource}) ${clauses.join(' ')};`
}

function condition(random: Random, depth: number): string {
  if (depth > 0 && !random.once(6)) {
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
  const { text, guards } = atom(random)
  return guards.length > 0 ? `(${[...new Set(guards), text].join(' && ')})` : text
}

const ATOMS: readonly ((random: Random) => Drawn)[] = [
  (random) => term(random, 'Bool'),
  (random) => binary(random, 'Long', ['<', '<=', '>', '>=', '==', '!='], 1),
  (random) => binary(random, 'Long', ['<', '<=', '>', '>=', '==', '!='], 2),
  (random) => binary(random, 'String', ['==', '!=']),
  (random) => wrap(term(random, 'String'), (text) => `${text} like ${random.pick(PATTERNS)}`),
  (random) => binary(random, 'User', ['==', '!=']),
  (random) => both(random, 'User', 'User', (a) => `principal == ${a}`),
  (random) => binary(random, 'Color', ['==', '!=']),
  (random) => binary(random, 'Place', ['==']),
  (random) => binary(random, random.pick(['decimal', 'ipaddr', 'datetime', 'duration'] as const), ['==', '!=']),
  (random) => binary(random, random.pick(['datetime', 'duration'] as const), ['<', '<=', '>', '>='], 1),
  (random) =>
    wrap(
      computedDuration(random),
      (text) => `${text} ${random.pick(['<', '>='])} ${random.pick(['0', '1', '60', '90'])}`,
    ),
  (random) => binary(random, random.pick(['Longs', 'Strings', 'Groups'] as const), ['==', '!=']),
  (random) => both(random, 'Longs', 'Long', (set, one) => `${set}.contains(${one})`),
  (random) => both(random, 'Strings', 'String', (set, one) => `${set}.contains(${one})`),
  (random) => both(random, 'Groups', 'Group', (set, one) => `${set}.contains(${one})`),
  (random) => both(random, 'Strings', 'Strings', (a, b) => `${a}.${random.pick(['containsAll', 'containsAny'])}(${b})`),
  (random) => both(random, 'Longs', 'Longs', (a, b) => `${a}.${random.pick(['containsAll', 'containsAny'])}(${b})`),
  (random) => wrap(term(random, random.pick(['Longs', 'Strings', 'Groups'] as const)), (text) => `${text}.isEmpty()`),
  (random) => both(random, 'Group', 'Group', (a, b) => `${a} in ${b}`),
  (random) => both(random, 'Group', 'Groups', (a, b) => `${random.pick(['principal', 'resource', a])} in ${b}`),
  (random) => both(random, 'User', 'Group', (a, b) => `${random.pick(['principal', 'resource', a])} in ${b}`),
  (random) => both(random, 'Group', 'Group', (a, b) => `${random.pick(['principal', 'resource'])} in [${a}, ${b}]`),
  (random) => both(random, 'User', 'Group', (a, b) => `${random.pick(['principal', a])} is User in ${b}`),
  (random) =>
    plain(
      random.pick([
        'principal is User',
        'principal is Bot',
        'resource is Doc',
        'resource is Shop::Item in Group::"g1"',
      ]),
    ),
  (random) =>
    plain(
      random.pick([
        'action == Action::"read"',
        'action in Action::"some"',
        'action in [Action::"all", Action::"drop"]',
      ]),
    ),
  (random) =>
    plain(
      random.pick([
        'principal has boss',
        'principal has nick',
        'resource has note',
        'resource has size.unit',
        'context has m',
        'context has approval.by',
        'principal has prefs.deep.b',
        'resource.owner has boss',
        'principal has nothing',
        'context has arguments.price',
      ]),
    ),
  (random) =>
    plain(
      `${random.pick(['principal', 'resource', 'resource.owner'])}.hasTag(${random.pick(['"one"', '"two"', 'context.text'])})`,
    ),
  (random) =>
    both(random, 'decimal', 'decimal', (a, b) => {
      const method = random.pick(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])
      return `${a}.${method}(${b})`
    }),
  (random) =>
    wrap(
      term(random, 'ipaddr'),
      (text) => `${text}.${random.pick(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'])}()`,
    ),
  (random) => both(random, 'ipaddr', 'ipaddr', (a, b) => `${a}.isInRange(${b})`),
  (random) => wrap(term(random, 'Long'), (text) => `{ a: ${text}, "b c": 1 }["a"] <= 2`),
  (random) => both(random, 'Long', 'Long', (a, b) => `[1, ${a}, ${b}].contains(2)`),
  // Overflow in both engines: past the range of 64 bits, unless the factor is zero.
  (random) => wrap(term(random, 'Long'), (text) => `${text} * ${BIG} * ${BIG} * 2 <= 0`),
]

function atom(random: Random): Drawn {
  return random.pick(ATOMS)(random)
}

function plain(text: string): Drawn {
  return { text, guards: [] }
}

function wrap({ text, guards }: Drawn, around: (text: string) => string): Drawn {
  return { text: around(text), guards }
}

function both(random: Random, left: Kind, right: Kind, around: (left: string, right: string) => string): Drawn {
  const [a, b] = [term(random, left), term(random, right)]
  return { text: around(a.text, b.text), guards: [...a.guards, ...b.guards] }
}

function binary(random: Random, kind: Kind, operators: readonly string[], depth = 0): Drawn {
  const [a, b] = [term(random, kind, depth), random.once(2) ? literal(random, kind) : term(random, kind, depth)]
  return { text: `${a.text} ${random.pick(operators)} ${b.text}`, guards: [...a.guards, ...b.guards] }
}

function literal(random: Random, kind: Kind): Drawn {
  return plain(random.pick(LITERALS[kind]))
}

/** An expression of a type: something that is read, computed or, seldom, a literal. */
function term(random: Random, kind: Kind, depth = 0): Drawn {
  if (depth > 0 && random.once(2)) return computed(random, kind, depth - 1)
  if (random.once(8)) return literal(random, kind)
  const [text, guard] = random.pick(PATHS[kind])
  return { text, guards: guard ? [guard] : [] }
}

function computed(random: Random, kind: Kind, depth: number): Drawn {
  const own = (operator: string) => {
    const [a, b] = [term(random, kind, depth), term(random, kind, depth)]
    return { text: `(${a.text} ${operator} ${b.text})`, guards: [...a.guards, ...b.guards] }
  }
  switch (kind) {
    case 'Long':
      switch (random.below(8)) {
        case 0:
          return own('+')
        case 1:
          return own('-')
        case 2:
          return wrap(term(random, 'Long', depth), (text) => `(${text} * ${random.pick(['2', '-1', '3'])})`)
        case 3:
          return wrap(term(random, 'Long', depth), (text) => `(-(${text}))`)
        case 4: {
          const [test, a, b] = [term(random, 'Bool'), term(random, 'Long', depth), literal(random, 'Long')]
          return { text: `(if ${test.text} then ${a.text} else ${b.text})`, guards: [...test.guards, ...a.guards] }
        }
        default: {
          return computedDuration(random)
        }
      }
    case 'datetime':
      if (random.once(3)) return wrap(term(random, 'datetime', depth), (text) => `${text}.toDate()`)
      return both(random, 'datetime', 'duration', (a, b) => `${a}.offset(${b})`)
    case 'duration':
      if (random.once(3)) return wrap(term(random, 'datetime', depth), (text) => `${text}.toTime()`)
      return both(random, 'datetime', 'datetime', (a, b) => `${a}.durationSince(${b})`)
    default:
      return term(random, kind)
  }
}

/** What a duration counts, in some unit. */
function computedDuration(random: Random): Drawn {
  const unit = random.pick(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'])
  return wrap(shortDuration(random), (text) => `${text}.${unit}()`)
}

/** A duration whose milliseconds are a safe integer. */
function shortDuration(random: Random): Drawn {
  const [text] = random.pick(PATHS.duration)
  return plain(random.once(4) ? 'duration("-1d2h3m4s5ms")' : text)
}
