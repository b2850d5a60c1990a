/** Something to remove: offsets in UTF-16 code units, the end exclusive. */
export interface Finding {
  /** Lower case with dashes. It stands in the place of what is removed. */
  readonly kind: string
  readonly start: number
  readonly end: number
}

/** Finds what must not leave in a text. A module that is registered exports one as `detect`. */
export type Detect = (text: string) => readonly Finding[] | Promise<readonly Finding[]>

/** The kinds that are found without registering anything. */
export const KINDS = [
  'private-key',
  'connection-string',
  'jwt',
  'aws-key',
  'github-token',
  'slack-token',
  'api-key',
  'assigned-secret',
  'email',
  'iban',
  'card',
  'national-id',
  'phone',
] as const

/** A kind that is found without registering anything. */
export type RedactedKind = (typeof KINDS)[number]
