import type { Obligation } from '@lockstep/core'

/** What the obligations of one call demand together. Where several are of one kind, the most restrictive holds. */
export interface ObligationTerms {
  /** Field classes that are read masked at most: those of all. A class that is dropped as well is dropped. */
  readonly masked: readonly string[]
  /** Field classes that are not read at all: those of all. */
  readonly dropped: readonly string[]
  /** The most rows: the least of all. */
  readonly rows: number | undefined
  /** Kinds of attachments that do not leave: those of all. */
  readonly attachments: readonly string[]
  /** The most bytes of an attachment: the least of all. */
  readonly attachmentBytes: number | undefined
  /** Labels with which attachments do not leave: those of all. */
  readonly attachmentLabels: readonly string[]
  /** Texts that go with the result: all of them. */
  readonly watermarks: readonly string[]
  /** Who is told: all of them. */
  readonly topics: readonly string[]
  readonly endsSession: boolean
}

/** Unites the obligations of a call that are carried out on what it may read and on what leaves. The order they come in says nothing. */
export function termsOf(obligations: readonly Obligation[]): ObligationTerms {
  const values = (name: string) =>
    [...new Set(obligations.flatMap((one) => (one.name === name ? [one.value] : [])))].sort()
  const names = (name: string) =>
    [...new Set(values(name).flatMap((list) => list.split(',').map((one) => one.trim())))].sort()
  const least = (name: string) => {
    const numbers = values(name).map(Number)
    return numbers.length === 0 ? undefined : Math.min(...numbers)
  }
  return {
    masked: names('mask'),
    dropped: names('drop'),
    rows: least('limit'),
    attachments: names('redact_attachments'),
    attachmentBytes: least('limit_attachments'),
    attachmentLabels: names('redact_labeled'),
    watermarks: values('watermark'),
    topics: values('notify'),
    endsSession: values('terminate_session').length > 0,
  }
}
