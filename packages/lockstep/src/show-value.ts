import type { EntityRef, FactChange, Value } from '@lockstep/core'

/** Longer sets and records are cut off, with how much there is. */
const MOST_ITEMS = 12

/** A value as policies write it, on one line. */
export function showValue(value: Value): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  if ('entity' in value) return showEntity(value.entity)
  if ('extension' in value) return `${value.extension.type}(${JSON.stringify(value.extension.text)})`
  if ('set' in value) return `[${cut(value.set.map(showValue))}]`
  return `{${cut(Object.entries(value.record).map(([name, item]) => `${JSON.stringify(name)}: ${showValue(item)}`))}}`
}

/** An entity as policies write it: `User::"user:alice"`. */
export function showEntity({ type, id }: EntityRef): string {
  return `${type}::${JSON.stringify(id)}`
}

/** A change of a fact, as an operator would say it. */
export function showChange(change: FactChange): string {
  const who = showEntity(change.entity)
  switch (change.kind) {
    case 'member':
      return `${who} is in ${showEntity(change.of)}`
    case 'add':
      return `${who}: ${change.attribute} also holds ${showValue(change.value)}`
    case 'set':
      return `${who}: ${change.attribute} is ${showValue(change.value)}`
  }
}

function cut(items: readonly string[]): string {
  const more = items.length - MOST_ITEMS
  return [...items.slice(0, MOST_ITEMS), ...(more > 0 ? [`… ${more} more`] : [])].join(', ')
}
