const UNITS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
const WINDOW = /^([1-9]\d{0,8}) (second|minute|hour|day)s?$/
const LONGEST_MS = 366 * UNITS.day

/** Reads a span of time as the configuration writes it (`24 hours`), in milliseconds; `undefined` for anything else, and for more than 366 days. */
export function readWindow(text: string): number | undefined {
  const [, number, unit] = WINDOW.exec(text) ?? []
  const ms = Number(number) * UNITS[unit as keyof typeof UNITS]
  return ms <= LONGEST_MS ? ms : undefined
}
