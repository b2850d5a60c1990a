import { asciiText, distinctText, type EntityFact, type JsonObject, type ShownMember, type Value } from '@lockstep/core'

/** The most that is shown of one member, in characters before they are spelled. */
const MOST_CHARACTERS = 160

/**
 * Renders what approvers are shown of a call: the configured members of its resource as it is stored and of its arguments as they were parsed, which
 * the request is bound to. Nothing else of what a model wrote is shown.
 *
 * @param names `resource.<attribute>` and `arguments.<member>`
 */
export function showMembers(
  names: readonly string[],
  { resource, given }: { readonly resource: EntityFact; readonly given: JsonObject },
): readonly ShownMember[] {
  return names.flatMap((name) => {
    const [of, ...path] = name.split('.')
    const member = path.join('.')
    const source: Readonly<Record<string, unknown>> = of === 'resource' ? resource.attributes : given
    return Object.hasOwn(source, member) ? [shown(name, textOf(source[member]))] : []
  })
}

/** One thing to show, also for what stands beside the members: a tool, a subject, an id. */
export function shown(name: string, text: string): ShownMember {
  // attacker-controlled: a model chose the arguments, and somebody wrote what is stored.
  const characters = [...text]
  const cut = characters.length > MOST_CHARACTERS ? `${characters.slice(0, MOST_CHARACTERS).join('')}…` : text
  const value = distinctText(cut)
  const ascii = asciiText(cut)
  return { name, value, ...(ascii === value ? {} : { ascii }) }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return String(value)
  if (isValue(value)) {
    if ('entity' in value) return `${value.entity.type}::${JSON.stringify(value.entity.id)}`
    if ('extension' in value) return value.extension.text
    if ('set' in value) return `[${value.set.map(textOf).join(', ')}]`
  }
  return JSON.stringify(value)
}

function isValue(value: object): value is Exclude<Value, string | number | boolean> {
  return 'entity' in value || 'extension' in value || 'set' in value
}
