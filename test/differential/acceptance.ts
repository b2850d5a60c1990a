/** Counts which features of the grammar are in statements that were drawn, and in those that were accepted. */
export class Acceptance {
  readonly #drawn = new Map<string, number>()
  readonly #accepted = new Map<string, number>()
  readonly #refusals = new Map<string, number>()

  drawn(features: Iterable<string>): void {
    for (const feature of [ALL, ...features]) add(this.#drawn, feature)
  }

  accepted(features: Iterable<string>): void {
    for (const feature of [ALL, ...features]) add(this.#accepted, feature)
  }

  refused(reason: string): void {
    add(this.#refusals, reason)
  }

  /** The accepted share of all statements, or of those with a feature. */
  share(feature = ALL): number {
    return (this.#accepted.get(feature) ?? 0) / (this.#drawn.get(feature) ?? 1)
  }

  /** The features that were drawn often enough to tell, and never accepted. */
  never(): readonly string[] {
    return [...this.#drawn]
      .filter(([feature, n]) => n >= 20 && !this.#accepted.has(feature))
      .map(([feature]) => feature)
  }

  /** One line for each feature, the least accepted first. */
  report(): string {
    const lines = [...this.#drawn.keys()]
      .sort((a, b) => this.share(a) - this.share(b))
      .map((feature) => `${percent(this.share(feature))} ${feature} (${this.#drawn.get(feature)})`)
    const reasons = [...this.#refusals].sort(([, a], [, b]) => b - a).map(([reason, n]) => `${n} ${reason}`)
    return `accepted: ${lines.join(', ')}\nrefused: ${reasons.join(', ')}`
  }
}

const ALL = 'all statements'
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
