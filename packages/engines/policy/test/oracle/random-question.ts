import type { EntityFact, EntityRef, ExtensionType, Question, Value } from '@lockstep/core'
import type { Random } from './random.ts'

const TEXTS = ['a', 'b', 'ab', 'aab', 'a*', '', '😀', 'one', '?😀!', '\\']
const GROUPS = ['g1', 'g2', 'g3']
const USERS = ['u1', 'u2']

const TEXTS_OF: Readonly<Record<ExtensionType, readonly string[]>> = {
  decimal: ['1.5', '1.50', '-0.5', '0.0', '2.0001', '922337203685477.5807'],
  datetime: [
    '2026-01-01',
    '2026-01-01T00:00:00Z',
    '2026-01-01T12:00:00.000Z',
    '1969-12-31T23:30:00.500Z',
    '2025-12-31T23:00:00-0100',
  ],
  duration: ['1h', '60m', '-90m', '26h3m4s5ms', '0ms', '1d'],
  ipaddr: [
    '10.1.2.3',
    '10.0.0.0/8',
    '127.0.0.1/32',
    '::1',
    '2001:db8::1',
    '2001:0DB8:0:0::1/128',
    '224.0.0.1',
    'ff02::1/16',
  ],
}

/** Draws a question that fits the schema: a world of entities, some of them missing, and one call in it. */
export function randomQuestion(random: Random): Question {
  const action = random.pick(['read', 'read', 'read', 'write', 'drop'])
  const bot = action !== 'drop' && random.once(5)
  const resource = action !== 'write' && random.once(4) ? item(random) : doc(random)
  // Somebody may be gone from the store; reading their attributes is an error.
  const users = USERS.filter(() => !random.once(8)).map((id) => user(id, random))
  // The fewer there are, the more cells in the same time: reading entities is most of what Cedar does.
  const groups = GROUPS.filter(() => random.once(2)).map((id, index) => group(id, index, random))
  const principal: EntityRef = bot ? { type: 'Bot', id: 'b1' } : { type: 'User', id: random.pick(USERS) }
  return {
    principal,
    action,
    resource,
    context: contextOf(action, random),
    facts: { entities: [...users, ...groups, ...(bot ? [robot(random)] : [])], revision: '1' },
  }
}

function contextOf(action: string, random: Random): Readonly<Record<string, Value>> {
  if (action === 'drop') return {}
  const both = {
    n: long(random),
    text: text(random),
    flag: random.once(2),
    tags: texts(random),
    by: entity('User', random.pick(USERS)),
    ...(random.once(2) && { m: long(random) }),
  }
  if (action === 'write') return both
  return {
    ...both,
    form: text(random),
    now: extension('datetime', random),
    wait: extension('duration', random),
    ip: extension('ipaddr', random),
    rate: extension('decimal', random),
    arguments: {
      record: {
        to: text(random),
        ...(random.once(2) && { count: long(random) }),
        // As JSON carries it: a text that the schema makes a decimal.
        ...(random.once(2) && { price: random.pick(TEXTS_OF.decimal) }),
      },
    },
    ...(random.once(2) && {
      approval: { record: { by: entity('User', random.pick(USERS)), level: long(random) } },
    }),
  }
}

function user(id: string, random: Random): EntityFact {
  const deep: Value = { record: { a: long(random), ...(random.once(2) && { b: random.once(2) }) } }
  const prefs = { x: long(random), ...(random.once(2) && { y: text(random) }), ...(random.once(2) && { deep }) }
  return {
    type: 'User',
    id,
    attributes: {
      level: long(random),
      name: text(random),
      active: random.once(2),
      score: extension('decimal', random),
      since: extension('datetime', random),
      span: extension('duration', random),
      addr: extension('ipaddr', random),
      flags: texts(random),
      nums: longs(random),
      home: entity('Group', random.pick(GROUPS)),
      color: color(random),
      prefs: { record: prefs },
      ...(random.once(2) && { boss: entity('User', random.pick([...USERS, 'gone'])) }),
      ...(random.once(2) && { nick: text(random) }),
      ...(random.once(2) && { limit: extension('decimal', random) }),
    },
    parents: random.once(2) ? [ref('Group', random.pick(GROUPS))] : [],
    tags: Object.fromEntries(random.some(['one', 'two', 'a']).map((tag) => [tag, long(random)])),
  }
}

function robot(random: Random): EntityFact {
  return {
    type: 'Bot',
    id: 'b1',
    attributes: {
      level: long(random),
      name: text(random),
      active: random.once(2),
      home: entity('Group', random.pick(GROUPS)),
      nums: longs(random),
    },
    parents: random.once(2) ? [ref('Group', random.pick(GROUPS))] : [],
  }
}

function doc(random: Random): EntityFact {
  return {
    type: 'Doc',
    id: random.pick(['d1', 'd2']),
    attributes: {
      amount: long(random),
      title: text(random),
      open: random.once(2),
      owner: entity('User', random.pick(USERS)),
      labels: texts(random),
      nums: longs(random),
      groups: { set: random.some(GROUPS).map((id) => entity('Group', id)) },
      group: entity('Group', random.pick(GROUPS)),
      color: color(random),
      price: extension('decimal', random),
      due: extension('datetime', random),
      life: extension('duration', random),
      host: extension('ipaddr', random),
      place: { record: { x: random.below(2), y: random.below(3) } },
      size: { record: { width: long(random), ...(random.once(2) && { unit: text(random) }) } },
      ...(random.once(2) && { note: text(random) }),
      ...(random.once(2) && { fee: extension('decimal', random) }),
      ...(random.once(2) && { editor: entity('User', random.pick(USERS)) }),
      ...(random.once(2) && { until: extension('datetime', random) }),
    },
    parents: random.once(2) ? [ref('Group', random.pick(GROUPS))] : [],
    tags: Object.fromEntries(random.some(['one', 'a']).map((tag) => [tag, text(random)])),
  }
}

function item(random: Random): EntityFact {
  return {
    type: 'Shop::Item',
    id: 'i1',
    attributes: {
      amount: long(random),
      title: text(random),
      open: random.once(2),
      labels: texts(random),
      group: entity('Group', random.pick(GROUPS)),
    },
    parents: random.once(2) ? [ref('Group', random.pick(GROUPS))] : [],
    tags: Object.fromEntries(random.some(['two', 'one']).map((tag) => [tag, texts(random)])),
  }
}

/** Groups only contain earlier ones, so that there is no cycle. */
function group(id: string, index: number, random: Random): EntityFact {
  const above = GROUPS.slice(0, Math.max(0, GROUPS.indexOf(id))).filter(() => random.once(2))
  const parents = [...above.map((parent) => ref('Group', parent)), ...(index === 0 ? [ref('Org', 'o1')] : [])]
  return { type: 'Group', id, attributes: { rank: long(random) }, parents }
}

function long(random: Random): number {
  return random.pick([-1, 0, 0, 1, 1, 2, 3, 4])
}

function text(random: Random): string {
  return random.pick(TEXTS)
}

function texts(random: Random): Value {
  return { set: random.some(['a', 'b', 'ab', '😀']) }
}

function longs(random: Random): Value {
  return { set: random.some([0, 1, 2, 3]) }
}

function color(random: Random): Value {
  return entity('Color', random.pick(['red', 'green', 'blue']))
}

function extension(type: ExtensionType, random: Random): Value {
  return { extension: { type, text: random.pick(TEXTS_OF[type]) } }
}

function ref(type: string, id: string): EntityRef {
  return { type, id }
}

function entity(type: string, id: string): Value {
  return { entity: ref(type, id) }
}
