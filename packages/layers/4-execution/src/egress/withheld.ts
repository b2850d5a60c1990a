import type { ReleasedResult } from '@lockstep/core'

/** Counts what was held back of one result, by names that are ours: never a value, never a name that a handler made up. */
export class Withheld {
  #rows = 0
  #isLimited = false
  readonly #fields = new Set<string>()
  readonly #masked = new Set<string>()

  row(): void {
    this.#rows += 1
  }

  /** Rows that might have left did not, because there were too many. */
  limit(): void {
    this.#isLimited = true
  }

  get isLimited(): boolean {
    return this.#isLimited
  }

  field(name: string): void {
    this.#fields.add(name)
  }

  mask(name: string): void {
    this.#masked.add(name)
  }

  summary(): ReleasedResult['withheld'] {
    return { rows: this.#rows, fields: [...this.#fields], masked: [...this.#masked] }
  }
}
