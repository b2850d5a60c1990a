import type { StreamEvent } from '../http/event-stream.ts'

/** An event of a `text/event-stream` that is too large to be held. */
export interface LargeEvent {
  /**
   * Takes text of the stream, and hands its data on. Answers what follows the event once it is over, else `undefined`.
   */
  feed(text: string): string | undefined
  /** The fields before the data. */
  readonly fields: StreamEvent
}

const LONGEST_FIELD = 256

/** Reads one event line by line (WHATWG server-sent events). Fields after the data began are not kept. */
export function createLargeEvent(data: (text: string) => void): LargeEvent {
  const fields: Record<string, string> = {}
  /** What of the present line was not handed on: its beginning, as far as it may still name a field. */
  let line = ''
  let isData = false
  let hasData = false
  let isAfterReturn = false

  const startOfLine = (): void => {
    if (!isData && line.startsWith('data:')) {
      // One space after the colon belongs to no value.
      if (line.length < 6) return
      isData = true
      if (hasData) data('\n')
      hasData = true
      line = line.slice(line.charAt(5) === ' ' ? 6 : 5)
    }
    if (isData && line !== '') {
      data(line)
      line = ''
    } else if (line.length > LONGEST_FIELD) line = line.slice(0, LONGEST_FIELD)
  }
  /** Whether the event ends with this line. */
  const endOfLine = (): boolean => {
    const isOver = !isData && line === ''
    if (!isData && !hasData) {
      const [, name, value] = /^(id|event|retry): ?(.*)$/.exec(line) ?? []
      if (name !== undefined && value !== undefined) fields[name] = value
    }
    line = ''
    isData = false
    return isOver
  }
  return {
    fields,
    feed(text) {
      let at = 0
      if (isAfterReturn && text.startsWith('\n')) at = 1
      if (text !== '') isAfterReturn = false
      while (at < text.length) {
        const [feed, carriage] = [text.indexOf('\n', at), text.indexOf('\r', at)]
        const end = feed < 0 ? carriage : carriage < 0 ? feed : Math.min(feed, carriage)
        line += text.slice(at, end < 0 ? text.length : end)
        startOfLine()
        if (end < 0) return undefined
        at = end + (text.startsWith('\r\n', end) ? 2 : 1)
        isAfterReturn = end === text.length - 1 && text.charAt(end) === '\r'
        if (endOfLine()) return text.slice(at)
      }
      return undefined
    },
  }
}
