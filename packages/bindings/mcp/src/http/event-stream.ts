/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly id?: string
  readonly event?: string
  readonly retry?: string
  /** Absent for a comment, which carries nothing. */
  readonly data?: string
}

/** Cuts a stream of text into events. */
export interface EventReader {
  /** `undefined`, from then on, when an incomplete event is longer than the limit. */
  (text: string): StreamEvent[] | undefined
  /** Characters of the event that has not come whole. */
  heldBack(): number
  /** Takes them out; what follows must be read elsewhere to the end of the event. */
  takeBack(): string
}

/** Creates a reader (WHATWG server-sent events) that holds back an incomplete event of up to `limit` characters. */
export function createEventReader(limit: number): EventReader {
  let rest: string | undefined = ''
  const read = (text: string) => {
    if (rest === undefined) return undefined
    const blocks: string[] = (rest + text).split(/\r\n\r\n|\n\n|\r\r/)
    rest = blocks.pop() ?? ''
    if (rest.length > limit) rest = undefined
    return rest === undefined ? undefined : blocks.map(readEvent)
  }
  return Object.assign(read, {
    heldBack: () => rest?.length ?? 0,
    takeBack() {
      const taken = rest ?? ''
      rest = ''
      return taken
    },
  })
}

/** What a field may hold: the only event of MCP, an id to resume from, milliseconds. Anything else would be text of the handler's own. */
const FIELDS = { event: /^message$/, id: /^[\w.:=+/-]{0,128}$/, retry: /^\d{1,9}$/ }

/** The event in its wire form. A comment is written empty: whatever it said is not released. Nor is a field that holds a text. */
export function writeEvent({ data, ...fields }: StreamEvent): string {
  const lines = [
    ...(['event', 'id', 'retry'] as const).flatMap((name) => {
      const value = fields[name]
      return value !== undefined && FIELDS[name].test(value) ? [`${name}: ${value}`] : []
    }),
    ...(data === undefined ? [] : data.split('\n').map((line) => `data: ${line}`)),
  ]
  return `${lines.length > 0 ? lines.join('\n') : ':'}\n\n`
}

function readEvent(block: string): StreamEvent {
  const fields: Record<string, string> = {}
  for (const line of block.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`
    else if (name === 'id' || name === 'event' || name === 'retry') fields[name] = value
  }
  return fields
}
