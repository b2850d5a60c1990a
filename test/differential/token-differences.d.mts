/** A kind of request on which the gateway and the libraries differ: what each library does, and why we refuse. */
export interface TokenDifference {
  readonly id: string
  readonly says: string
  /** Whether it accepts. */
  readonly jose: boolean
  readonly oauth4webapi: boolean
  readonly why: string
}

export const tokenDifferences: readonly TokenDifference[]
