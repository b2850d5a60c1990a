export interface LabelledText {
  readonly class: string
  /** `undefined`: nothing in it may be removed. */
  readonly kind: string | undefined
  readonly text: string
  readonly value: string
  readonly before: string
  readonly after: string
}
export function createCorpus(options: { readonly seed: number; readonly count: number }): readonly LabelledText[]
