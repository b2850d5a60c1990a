import type { LabelledText } from './corpus.mjs'

export interface CorpusScore {
  readonly recall: number
  readonly precision: number
}
export function scoreCorpus(
  corpus: readonly LabelledText[],
  redact: (texts: readonly string[]) => Promise<{ readonly texts: readonly string[] }>,
): Promise<CorpusScore>
