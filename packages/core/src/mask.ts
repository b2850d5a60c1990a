/** A presentation of a value whose class may only be read masked. All but `null` show texts. */
export type MaskDeclaration =
  | { readonly kind: 'null' }
  /** Always the same text. */
  | { readonly kind: 'constant'; readonly text: string }
  /** Asterisks, then the last `keep` characters. A text no longer than `keep` becomes asterisks only. */
  | { readonly kind: 'last'; readonly keep: number }
  /**
   * The first 32 hexadecimal digits of an HMAC-SHA-256 (RFC 2104) of the value under the configured key: equal for equal
   * values of one domain. @defaultValue the column is a domain of its own
   */
  | { readonly kind: 'hash'; readonly domain?: string }
  /** The year of a `date`, a `timestamp` or, in UTC, a `timestamp with time zone`; negative before the year 1. */
  | { readonly kind: 'year' }
  /** The range of so many whole numbers that a number lies in, from a multiple of the width: `[30,40)`. */
  | { readonly kind: 'bucket'; readonly width: number }
  /** One of the configuration's own masks, by name. */
  | { readonly kind: 'custom'; readonly name: string }

/** A mask of one's own, for columns of texts, integers and uuids: the same function twice, for statements and for records. */
export interface CustomMask {
  /**
   * An SQL expression of type `text` over the column, which it calls `cell` and which is a text there, for example
   * `left(cell, 1) || '***'`. It may use literals, operators, CASE, COALESCE, casts and functions on texts that fail for no text.
   */
  readonly sql: string
  /** The same in TypeScript. Not called for NULL, of which both show nothing. */
  readonly apply: (cell: string) => string
}

/** What masks need besides the mapping. */
export interface MaskOptions {
  /** The key of `hash`: a secret of at least 32 bytes, which is bound and never stands in a statement's text. */
  readonly key?: string | undefined
  /** Masks of one's own, by name. */
  readonly custom?: Readonly<Record<string, CustomMask>> | undefined
}
