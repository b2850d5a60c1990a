import type { FoundKinds } from '@lockstep/core'
import type { Detect, Finding } from './detector.ts'
import { createTextWindow, limitOf, type TextPart, type WindowSize } from './text-window.ts'

/** A text, or what was decided on of a part of it, in which what was found is replaced by `[kind]`, and how often. */
export interface RedactedText {
  readonly text: string
  readonly found: FoundKinds
}

/** The same of a part. */
export interface RedactedPart extends RedactedText {
  /** Up to where in the part. */
  readonly end: number
}

/** What is removed. */
export interface RedactTextOptions {
  /** @defaultValue all kinds */
  readonly kinds?: ReadonlySet<string> | undefined
  readonly size?: WindowSize | undefined
}

const KIND = /^[a-z][a-z0-9-]{0,39}$/

/**
 * Replaces what the detectors find, part by part of a long text. What overlaps is removed together, under the kind of what begins first.
 *
 * @throws TypeError for a detector that answers with anything but findings within the text: a detector that fails has found nothing
 */
export async function redactText(
  text: string,
  detectors: readonly Detect[],
  options: RedactTextOptions = {},
): Promise<RedactedText> {
  const window = createTextWindow(options.size)
  const found: Record<string, number> = {}
  let left = ''
  window.add(text)
  for (let part = window.part(true); part; part = part.isLast ? undefined : window.part(true)) {
    const one = await redactPart(part, detectors, options)
    left += one.text
    for (const [kind, count] of Object.entries(one.found)) found[kind] = (found[kind] ?? 0) + count
    window.pass(one.end)
  }
  return { text: left, found }
}

/** The same of one part. @throws TypeError also for what is found and longer than is searched at once */
export async function redactPart(
  part: TextPart,
  detectors: readonly Detect[],
  { kinds, size }: RedactTextOptions = {},
): Promise<RedactedPart> {
  const { text, from, isLast } = part
  const findings: Finding[] = []
  for (const detect of detectors) {
    for (const finding of await detect(text)) {
      if (!isFinding(finding, text.length)) throw new TypeError('a detector must answer with findings within the text')
      if (kinds === undefined || kinds.has(finding.kind)) findings.push(finding)
    }
  }
  const limit = limitOf(part, size)
  const found: Record<string, number> = {}
  let left = ''
  let at = from
  for (const { kind, start, end } of united(findings)) {
    if (end <= from) continue
    // INVARIANT: nothing of a secret leaves before all of it was seen.
    if (end > limit && !isLast) {
      const cut = Math.min(Math.max(start, at), limit)
      if (cut === from) throw new TypeError('what a detector found is longer than is searched at once')
      return { text: left + text.slice(at, cut), found, end: cut }
    }
    left += `${text.slice(at, Math.max(start, at))}[${kind}]`
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
