import { hash } from 'node:crypto'

/** A token with its SHA-256, computed once: what a proof's `ath` must be, and what a verified token is remembered by. */
export class HashedToken {
  readonly text: string
  // INVARIANT: computed here and nowhere else: whoever could choose it would choose another token's claims.
  readonly #hash: string

  constructor(text: string) {
    this.text = text
    this.#hash = hash('sha256', text, 'base64url')
  }

  /** base64url */
  get hash(): string {
    return this.#hash
  }
}
