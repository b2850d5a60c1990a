import type { FoundKinds } from '@lockstep/core'
import type { Detect, Finding } from './detector.ts'

/** The beginning of a text, in which what was found is replaced by `[kind]`, and how often. */
export interface RedactedText {
  readonly text: string
  readonly found: FoundKinds
  /** Where the rest begins, which was not released: the length of the text unless some was kept back. */
  readonly end: number
}

/** What is removed, and how much of the end is not decided on yet. */
export interface RedactTextOptions {
  /** @defaultValue all kinds */
  readonly kinds?: ReadonlySet<string> | undefined
  /** More text follows: so many characters at the end are kept back, and what reaches into them. @defaultValue 0 */
  readonly keep?: number | undefined
}

const KIND = /^[a-z][a-z0-9-]{0,39}$/

/**
 * Replaces what the detectors find. What overlaps is removed together, under the kind of what begins first.
 *
 * @throws TypeError for a detector that answers with anything but findings within the text: a detector that fails has found nothing
 */
export async function redactText(
  text: string,
  detectors: readonly Detect[],
  { kinds, keep = 0 }: RedactTextOptions = {},
): Promise<RedactedText> {
  const findings: Finding[] = []
  for (const detect of detectors) {
    for (const finding of await detect(text)) {
      if (!isFinding(finding, text.length)) throw new TypeError('a detector must answer with findings within the text')
      if (kinds === undefined || kinds.has(finding.kind)) findings.push(finding)
    }
  }
  const limit = text.length - keep
  const found: Record<string, number> = {}
  let left = ''
  let at = 0
  for (const { kind, start, end } of united(findings)) {
    // INVARIANT: nothing of a secret leaves before all of it was seen.
    if (end > limit && keep > 0)
      return { text: left + text.slice(at, Math.min(start, limit)), found, end: Math.min(start, limit) }
    left += `${text.slice(at, start)}[${kind}]`
    found[kind] = (found[kind] ?? 0) + 1
    at = end
  }
  return { text: left + text.slice(at, limit), found, end: limit }
}

function united(findings: Finding[]): readonly Finding[] {
  findings.sort((one, other) => one.start - other.start || other.end - one.end)
  const regions: Finding[] = []
  for (const finding of findings) {
    const last = regions.at(-1)
    if (last && finding.start < last.end)
      regions[regions.length - 1] = { ...last, end: Math.max(last.end, finding.end) }
    else regions.push(finding)
  }
  return regions
}

function isFinding({ kind, start, end }: Finding, length: number): boolean {
  return (
    KIND.test(kind) &&
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    start >= 0 &&
    start < end &&
    end <= length
  )
}
