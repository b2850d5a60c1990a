/** Something that a generated schema cannot say. It is named, never dropped: in the schema where it would stand, and in a list. */
export interface Gap {
  /** Where it stands in what was given: a JSON pointer (RFC 6901) into the manifest, or a column. */
  readonly pointer: string
  /** What it is, and what it means for policies. One line. */
  readonly says: string
}
