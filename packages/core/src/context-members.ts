/** What a question is about: a call of a tool, or reading rows and classes of columns. */
export type QuestionKind = 'call' | 'read'

/** One context member that the layers fill in. */
export interface ContextMember {
  /** The type, as a Cedar schema writes it. */
  readonly type: string
  /** The questions that have it. */
  readonly of: readonly QuestionKind[]
  /** Whether a question may be without it. @defaultValue false */
  readonly optional?: boolean
  /** What it holds: one line. */
  readonly says: string
}

/**
 * Every context member that the layers fill in, beside `arguments`, which a tool's own schema describes, and `history`, which the rules of the
 * configuration do. What builds contexts is typed by
 * this table, and schemas are generated from it and compared with it.
 */
export const CONTEXT_MEMBERS = {
  intent: { type: 'String', of: ['call', 'read'], says: 'the name of the tool' },
  actor: { type: 'Agent', of: ['call', 'read'], says: 'who acts for the user' },
  proof: { type: 'String', of: ['call', 'read'], says: '"dpop", "mtls", "dpop+mtls" or "bearer"' },
  acr: { type: 'Set<String>', of: ['call', 'read'], says: 'every declared acr that the sign-in satisfies' },
  signInAge: { type: 'Long', of: ['call'], optional: true, says: 'seconds since the sign-in, where the token tells' },
  labels: { type: 'Set<String>', of: ['call'], says: 'the labels of what was already given to this pair' },
  sensitivity: { type: 'String', of: ['call'], optional: true, says: 'the declared class of the tool' },
  approval: {
    type: '{ by: User }',
    of: ['call'],
    optional: true,
    says: 'who consented to exactly this call; may declare `count` and `under` as well',
  },
  field: { type: 'String', of: ['read'], says: '"row", or the class of the columns' },
  form: { type: 'String', of: ['read'], says: '"plain" or "masked"' },
} as const satisfies Readonly<Record<string, ContextMember>>

/**
 * Members that change with every second. What is kept of an answer never rests on their values: they are left open where an answer is kept,
 * and put in where it is used.
 */
export const VOLATILE_MEMBERS = ['signInAge'] as const satisfies readonly ContextMemberName[]

/** The name of a context member that the layers fill in. */
export type ContextMemberName = keyof typeof CONTEXT_MEMBERS
