import type { ExtensionType, ExtensionValue, Value } from '../../entity.ts'
import { parseDatetime } from './parse-datetime.ts'
import { parseDecimal } from './parse-decimal.ts'
import { parseDuration, within } from './parse-duration.ts'
import { isInRange, isLoopback, isMulticast, parseIp } from './parse-ip.ts'

type Apply = (args: readonly Value[]) => Value | undefined

const DAY = 86_400_000n

/** What a datetime outside the years 0 to 9999 is written as, which no literal can be: milliseconds since the epoch. */
const INSTANT = /^@(-?[0-9]{1,19})$/

/**
 * Every extension function of Cedar 4.5, by name: constructors and methods, the receiver first. Each gives `undefined` where Cedar
 * raises an error: a text that is no literal, operands of other types, an overflow.
 */
const FUNCTIONS: Readonly<Record<string, Apply>> = Object.freeze({
  decimal: constructorOf('decimal'),
  ip: constructorOf('ipaddr'),
  datetime: constructorOf('datetime'),
  duration: constructorOf('duration'),
  lessThan: decimals((a, b) => a < b),
  lessThanOrEqual: decimals((a, b) => a <= b),
  greaterThan: decimals((a, b) => a > b),
  greaterThanOrEqual: decimals((a, b) => a >= b),
  isIpv4: network(({ version }) => version === 4),
  isIpv6: network(({ version }) => version === 6),
  isLoopback: network(isLoopback),
  isMulticast: network(isMulticast),
  isInRange: ([inner, outer]: readonly Value[]) => {
    const [a, b] = [textOf(inner, 'ipaddr'), textOf(outer, 'ipaddr')].map((text) => text && parseIp(text))
    return a && b ? isInRange(a, b) : undefined
  },
  offset: times('datetime', 'duration', (a, b) => datetime(a + b)),
  durationSince: times('datetime', 'datetime', (a, b) => duration(a - b)),
  toDate: time('datetime', (at) => datetime(at - timeOfDay(at))),
  toTime: time('datetime', (at) => duration(timeOfDay(at))),
  toMilliseconds: time('duration', integer),
  toSeconds: time('duration', (span) => integer(span / 1_000n)),
  toMinutes: time('duration', (span) => integer(span / 60_000n)),
  toHours: time('duration', (span) => integer(span / 3_600_000n)),
  toDays: time('duration', (span) => integer(span / DAY)),
})

/** Whether Cedar has an extension function of this name. */
export function isExtensionFunction(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name)
}

/** Calls an extension function; `undefined` for every error. */
export function applyExtension(name: string, args: readonly Value[]): Value | undefined {
  if (!isExtensionFunction(name) || args.length !== (ARITY[name] ?? 1)) return undefined
  return FUNCTIONS[name]?.(args)
}

const ARITY: Readonly<Record<string, number>> = {
  lessThan: 2,
  lessThanOrEqual: 2,
  greaterThan: 2,
  greaterThanOrEqual: 2,
  isInRange: 2,
  offset: 2,
  durationSince: 2,
}

/** No value needs more; reading a number of a million digits takes a tenth of a second. */
const MOST_CHARACTERS = 128

/** Whether a text is a literal of an extension type, as data from outside gives it. */
export function isExtensionLiteral(type: ExtensionType, text: string): boolean {
  // attacker-controlled: arguments are read as what the schema says they are.
  if (text.length > MOST_CHARACTERS) return false
  if (type === 'ipaddr') return parseIp(text) !== undefined
  const parse = { decimal: parseDecimal, datetime: parseDatetime, duration: parseDuration }[type]
  return parse(text) !== undefined
}

/** Whether two extension values are the same value, whatever their texts. */
export function sameExtension(a: ExtensionValue, b: ExtensionValue): boolean {
  return a.type === b.type && (a.text === b.text || meaningOf(a) === meaningOf(b))
}

/** The same text for two values of one type that are the same value, and for no others. Two addresses are: with host bits and prefix. */
export function meaningOf(value: ExtensionValue): string {
  const ip = value.type === 'ipaddr' ? parseIp(value.text) : undefined
  if (ip) return `${ip.version} ${ip.address}/${ip.prefix}`
  const number = magnitude(value)
  return number === undefined ? `? ${value.text}` : `${number}`
}

/** Whether `a` comes before `b`, by `<`: two datetimes or two durations; `undefined` for anything else, decimals included. */
export function isBefore(a: Value, b: Value): boolean | undefined {
  for (const type of ['datetime', 'duration'] as const) {
    const [one, other] = [timeOf(a, type), timeOf(b, type)]
    if (one !== undefined && other !== undefined) return one < other
  }
  return undefined
}

/** The number behind an extension value that is one; `undefined` for an address and for a text that is no literal. */
function magnitude({ type, text }: ExtensionValue): bigint | undefined {
  if (type === 'decimal') return parseDecimal(text)
  if (type === 'duration') return parseDuration(text)
  if (type !== 'datetime') return undefined
  const [, instant] = INSTANT.exec(text) ?? []
  return instant === undefined ? parseDatetime(text) : within(BigInt(instant))
}

function textOf(value: Value | undefined, type: ExtensionType): string | undefined {
  if (typeof value !== 'object' || !('extension' in value)) return undefined
  return value.extension.type === type ? value.extension.text : undefined
}

function timeOf(value: Value | undefined, type: ExtensionType): bigint | undefined {
  const text = textOf(value, type)
  return text === undefined ? undefined : magnitude({ type, text })
}

function constructorOf(type: ExtensionType): Apply {
  return ([text]) =>
    typeof text === 'string' && isExtensionLiteral(type, text) ? { extension: { type, text } } : undefined
}

function decimals(compare: (a: bigint, b: bigint) => boolean): Apply {
  return times('decimal', 'decimal', compare)
}

function network(ask: (network: NonNullable<ReturnType<typeof parseIp>>) => boolean): Apply {
  return ([value]) => {
    const text = textOf(value, 'ipaddr')
    const parsed = text === undefined ? undefined : parseIp(text)
    return parsed && ask(parsed)
  }
}

function time(type: ExtensionType, apply: (value: bigint) => Value | undefined): Apply {
  return ([value]) => {
    const read = timeOf(value, type)
    return read === undefined ? undefined : apply(read)
  }
}

function times(left: ExtensionType, right: ExtensionType, apply: (a: bigint, b: bigint) => Value | undefined): Apply {
  return ([one, other]) => {
    const [a, b] = [timeOf(one, left), timeOf(other, right)]
    return a === undefined || b === undefined ? undefined : apply(a, b)
  }
}

/** Milliseconds since midnight (UTC), also before 1970. */
function timeOfDay(at: bigint): bigint {
  return ((at % DAY) + DAY) % DAY
}

function datetime(at: bigint): Value | undefined {
  return within(at) === undefined ? undefined : { extension: { type: 'datetime', text: `@${at}` } }
}

function duration(span: bigint): Value | undefined {
  return within(span) === undefined ? undefined : { extension: { type: 'duration', text: `${span}ms` } }
}

function integer(value: bigint): number | undefined {
  const number = Number(value)
  return Number.isSafeInteger(number) ? (number === 0 ? 0 : number) : undefined
}
