/** One seeded fault, and the tests that must notice it. */
export interface Mutant {
  /** What goes wrong, in kebab-case. */
  readonly id: string
  /** The source that is changed, relative to the repository. */
  readonly file: string
  /** Text that occurs in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Paths for vitest; at least one of their tests must fail. */
  readonly suite: readonly string[]
}

export declare const mutants: readonly Mutant[]
