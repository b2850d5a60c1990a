/**
 * Waits for an answer, and no longer than `ms`. Rejects when it is late: whoever waits is then denied.
 *
 * @param failed makes of what was rejected with, or of being late, what this rejects with
 */
export function inTime<T>(
  answer: Promise<T>,
  ms: number,
  failed: (error: unknown) => unknown = (error) => error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const line = lines.get(ms) ?? openLine(ms)
    const wait = { until: performance.now() + ms, giveUp: () => reject(failed(new Error('no answer in time'))) }
    if (line.waits.size === 0) line.timer?.ref()
    line.waits.add(wait)
    const over = (): void => {
      line.waits.delete(wait)
      // whoever waits keeps the process alive, and nobody else
      if (line.waits.size === 0) line.timer?.unref()
    }
    answer.then(
      (value) => {
        over()
        resolve(value)
      },
      (error) => {
        over()
        reject(failed(error))
      },
    )
  })
}

interface Wait {
  readonly until: number
  readonly giveUp: () => void
}

/** Those who wait equally long, in the order in which they began, which is the one in which they give up. */
interface Line {
  readonly waits: Set<Wait>
  timer?: NodeJS.Timeout
}

/**
 * One timer for each line: every record of a statement waits in one, and a timer for each of them costs more than the record.
 * INVARIANT: the timer of a line that is in here has not run out, so that whoever is added is looked at in time.
 */
const lines = new Map<number, Line>()

function openLine(ms: number): Line {
  const line: Line = { waits: new Set() }
  lines.set(ms, line)
  line.timer = setTimeout(() => look(line, ms), ms)
  return line
}

function look(line: Line, ms: number): void {
  for (const wait of line.waits) {
    const left = wait.until - performance.now()
    if (left > 0) {
      line.timer = setTimeout(() => look(line, ms), left)
      return
    }
    line.waits.delete(wait)
    wait.giveUp()
  }
  lines.delete(ms)
}
