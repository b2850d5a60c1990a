/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly id?: string
  readonly event?: string
  readonly retry?: string
  /** Absent for a comment, which carries nothing. */
  readonly data?: string
}

/** Cuts a stream of text into events (WHATWG server-sent events), holding back an incomplete one. */
export function createEventReader(): (text: string) => StreamEvent[] {
  let rest = ''
  return (text) => {
    rest += text
    const blocks = rest.split(/\r\n\r\n|\n\n|\r\r/)
    rest = blocks.pop() ?? ''
    return blocks.map(readEvent)
  }
}

/** The event in its wire form. A comment is written empty: whatever it said is not released. */
export function writeEvent({ id, event, retry, data }: StreamEvent): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(retry === undefined ? [] : [`retry: ${retry}`]),
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
