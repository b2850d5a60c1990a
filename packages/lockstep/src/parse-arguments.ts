import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

type Options = NonNullable<ParseArgsConfig['options']>
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: true }>
>

/**
 * Parses what follows the words of a command: its options, and exactly as many arguments as have names. A name that ends with
 * `?` may be left out; one name instead of a list takes any number. Throws `UsageError` for anything else.
 */
export function parseArguments<T extends Options>(
  args: readonly string[],
  options: T,
  names: readonly string[] | string = [],
): Parsed<T> {
  const parsed = parse(args, options)
  for (const [name, value] of Object.entries(parsed.values)) {
    if (value === '') throw new UsageError(`\`--${name}\` needs a value`)
  }
  const { positionals } = parsed
  if (typeof names === 'string') return parsed
  const missing = names[positionals.length]
  if (missing !== undefined && !missing.endsWith('?')) throw new UsageError(`<${missing}> is missing`)
  if (positionals.length > names.length) throw new UsageError(`unexpected argument \`${positionals[names.length]}\``)
  return parsed
}

function parse<T extends Options>(args: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // Node adds how to write an argument that begins with a dash; the first sentence says what is wrong.
    throw new UsageError(
      message.replace(/\. To specify [\s\S]*$/, '').replace(/^[A-Z]/, (first) => first.toLowerCase()),
    )
  }
}
