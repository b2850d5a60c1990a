/** What shows that something was revoked or restored. */
export interface RevocationEvidence {
  /** When it was in force here: milliseconds since the epoch. */
  readonly at: number
  /** The trace of its record in the audit log. */
  readonly trace: string
  /** The version of the policy here. The same twice where no policy is concerned. */
  readonly policyVersion: { readonly before: string; readonly after: string }
}
