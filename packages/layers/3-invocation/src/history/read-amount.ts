import { type EntityFact, isJsonObject, type JsonObject, type JsonValue, type Value } from '@lockstep/core'
import type { PlannedCounter } from './tool-plan.ts'

type Planned = Exclude<PlannedCounter['adds'], number>

/** What is wrong with an amount, in words of the configuration. */
export type ReadAmount = { readonly amount: number } | { readonly problem: string }

/** Whether a caller writes the amount. */
export function isArgued({ source }: Planned): boolean {
  return 'argument' in source
}

/**
 * Reads the amount of a call: a safe integer of minor units, 0 or more, in the currency of the sum. Anything else is no amount: a fraction, a
 * text that looks like a number, an amount inside of a list.
 */
export function readAmount(
  { source, currency }: Planned,
  args: JsonObject,
  resource: EntityFact | undefined,
): ReadAmount {
  const read = (name: string) => ('argument' in source ? argument(args, name) : attribute(resource, name))
  const name = 'argument' in source ? source.argument : source.attribute
  const amount = read(name)
  if (!isAmount(amount)) return { problem: `\`${name}\` must be a whole number of minor units, 0 or more` }
  const own = source.currency && ('argument' in source.currency ? source.currency.argument : source.currency.attribute)
  if (own !== undefined && read(own) !== currency) return { problem: `\`${own}\` must be \`${currency}\`` }
  return { amount }
}

function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0)
}

// attacker-controlled: the caller wrote these values, and the names may be inherited ones.
function argument(args: JsonObject, path: string): JsonValue | undefined {
  let found: JsonValue | undefined = args
  for (const name of path.split('.')) {
    found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined
  }
  return found
}

function attribute(resource: EntityFact | undefined, name: string): Value | undefined {
  return resource && Object.hasOwn(resource.attributes, name) ? resource.attributes[name] : undefined
}
