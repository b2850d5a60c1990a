/**
 * How long an expired label is still remembered, in milliseconds. A clock that ran ahead by less and is set back has not
 * shed a label that is still in force.
 */
export const LABEL_GRACE_MS = 86_400_000
