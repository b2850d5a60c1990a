import { nearestName } from './nearest-name.ts'

/**
 * What the value of an obligation must be. Plain data: it is checked where the policies are parsed, which may be another thread, and told to
 * whoever wrote a value that does not fit.
 */
export type ObligationValue =
  /** `@notify`, without a value. */
  | { readonly kind: 'none' }
  /** `@limit("100")`: a decimal integer, both bounds inclusive. */
  | { readonly kind: 'integer'; readonly atLeast?: number | undefined; readonly atMost?: number | undefined }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  /** `@mask("bank,health")`: one or more names, separated by commas, of those that are known where they are told. */
  | { readonly kind: 'names'; readonly among?: readonly string[] | undefined }
  /** Any text that is not empty. */
  | { readonly kind: 'text' }

/**
 * The obligations that are carried out, by the annotation that names them. Whoever carries one out registers it; a policy that names another
 * does not load, and a permit that demands another at the time of a decision is a denial.
 */
export type ObligationRegistry = Readonly<Record<string, ObligationValue>>

const NAME = /^[a-z][a-z0-9_]*$/
const KINDS = ['none', 'integer', 'oneOf', 'names', 'text'] satisfies ObligationValue['kind'][]

/**
 * Unites what several parts carry out.
 *
 * @throws TypeError for a name that is no annotation or is `id`, a name that two parts claim, and a value of unknown kind
 *
 * @example
 * ```ts
 * const registry = uniteObligations({ limit: { kind: 'integer', atLeast: 1 } }, { notify: { kind: 'none' } })
 * ```
 */
export function uniteObligations(...parts: readonly ObligationRegistry[]): ObligationRegistry {
  const united = new Map<string, ObligationValue>()
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    if (!NAME.test(name) || name === 'id') throw new TypeError('`obligations` must be annotation names other than `id`')
    if (united.has(name)) throw new TypeError(`the obligation \`${name}\` is claimed twice`)
    if (!KINDS.includes(value?.kind)) throw new TypeError(`the obligation \`${name}\` must say what its value is`)
    united.set(name, value)
  }
  return Object.fromEntries(united)
}

/**
 * What is wrong with an annotation, and the fix; `undefined` when it is an obligation of the registry with a value that fits.
 *
 * @param value `undefined` or `null` for an annotation without one
 */
export function obligationMistake(
  registry: ObligationRegistry,
  name: string,
  value: string | null | undefined,
): string | undefined {
  const expected = Object.hasOwn(registry, name) ? registry[name] : undefined
  if (!expected) return unknownName(registry, name)
  const given = value ?? ''
  switch (expected.kind) {
    case 'none':
      return given === '' ? undefined : `\`@${name}\` takes no value`
    case 'integer': {
      const { atLeast = Number.MIN_SAFE_INTEGER, atMost = Number.MAX_SAFE_INTEGER } = expected
      const number = /^(?:0|-?[1-9][0-9]*)$/.test(given) ? Number(given) : Number.NaN
      const fits = Number.isSafeInteger(number) && number >= atLeast && number <= atMost
      return fits
        ? undefined
        : `\`@${name}\` takes an integer${range(expected)}, as \`@${name}("${example(expected)}")\``
    }
    case 'oneOf': {
      const known = expected.values.map((one) => `\`"${one}"\``).join(', ')
      return expected.values.includes(given) ? undefined : `\`@${name}\` takes one of ${known}`
    }
    case 'names': {
      const names = given.split(',').map((one) => one.trim())
      const fits = names.every((one) => /^\w+$/.test(one)) && new Set(names).size === names.length
      if (!fits) return `\`@${name}\` takes names, each once, separated by commas`
      const { among } = expected
      if (!among || names.every((one) => among.includes(one))) return undefined
      const known = among.map((one) => `\`${one}\``).join(', ')
      return `\`@${name}\` takes names of ${known || 'which there are none here'}`
    }
    case 'text':
      return given.trim() === '' ? `\`@${name}\` takes a text` : undefined
  }
}

function unknownName(registry: ObligationRegistry, name: string): string {
  const names = ['id', ...Object.keys(registry)]
  const nearest = nearestName(name, names)
  const known = names.map((one) => `\`@${one}\``).join(', ')
  const told = name.length > 64 ? `${name.slice(0, 64)}…` : name
  return `unknown annotation \`@${told}\`; ${nearest ? `did you mean \`@${nearest}\`? known` : 'known'} are ${known}`
}

function range({ atLeast, atMost }: Extract<ObligationValue, { kind: 'integer' }>): string {
  if (atLeast !== undefined && atMost !== undefined) return ` from ${atLeast} to ${atMost}`
  return atLeast !== undefined ? ` of at least ${atLeast}` : atMost !== undefined ? ` of at most ${atMost}` : ''
}

function example({ atLeast, atMost }: Extract<ObligationValue, { kind: 'integer' }>): number {
  return atLeast ?? Math.min(atMost ?? 1, 1)
}
