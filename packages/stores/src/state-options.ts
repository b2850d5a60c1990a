import { type Clock, refuseUnknownOptions } from '@lockstep/core'

const NAME = /^[a-z][a-z0-9-]{0,63}$/

/** Checks the members of an options object: no unknown key, and a clock. Throws `TypeError`. */
export function checkOptions(options: object, known: readonly string[], where: string): void {
  refuseUnknownOptions(options, known, where)
  const clock: unknown = Reflect.get(options, 'clock')
  if (!isClock(clock)) throw new TypeError(`${where}: \`clock\` must be a function that returns milliseconds`)
}

/** Checks the name of a kept text: it becomes a file name. Throws `TypeError`. */
export function checkKeptName(name: string): void {
  if (!NAME.test(name)) throw new TypeError('the name of a kept text must match [a-z][a-z0-9-]{0,63}')
}

function isClock(value: unknown): value is Clock {
  return typeof value === 'function'
}
