import type { Revocable } from '@lockstep/core'
import { UsageError } from './usage-error.ts'

/** The options that name what is revoked. */
export const REVOCABLE_OPTIONS = {
  subject: { type: 'string' },
  actor: { type: 'string' },
  client: { type: 'string' },
  token: { type: 'string' },
  capability: { type: 'string' },
  permission: { type: 'string' },
  decisions: { type: 'boolean' },
  everything: { type: 'boolean' },
  issuer: { type: 'string' },
} as const

const KINDS = Object.keys(REVOCABLE_OPTIONS).filter((name) => name !== 'issuer')

/** What was written on the command line. */
export type RevocableValues = {
  readonly [name in keyof typeof REVOCABLE_OPTIONS]?: string | boolean | undefined
}

/** What is named, as the function takes it and as a person reads it. */
export interface NamedRevocable {
  readonly revocable: Revocable
  readonly shown: string
}

/** Reads which one thing is to be revoked. Throws `UsageError` unless there is exactly one. */
export function readRevocable(values: RevocableValues): NamedRevocable {
  const { issuer, ...kinds } = values
  const [given, ...others] = Object.entries(kinds).filter(([, value]) => value !== undefined)
  if (!given || others.length > 0) {
    throw new UsageError(`say exactly one of ${KINDS.map((kind) => `--${kind}`).join(', ')}`)
  }
  const [kind, id] = given
  const isIssued = kind === 'subject' || kind === 'client' || kind === 'token'
  if (isIssued !== (issuer !== undefined)) {
    throw new UsageError(isIssued ? `\`--${kind}\` needs \`--issuer\`` : `\`--issuer\` says nothing of \`--${kind}\``)
  }
  if (kind === 'decisions' || kind === 'everything') return { revocable: kind, shown: kind }
  const name = String(id)
  const issued = { issuer: String(issuer), id: name }
  const shown = `${kind} ${name}${isIssued ? ` of ${issuer}` : ''}`
  if (kind === 'subject') return { revocable: { subject: issued }, shown }
  if (kind === 'client') return { revocable: { client: issued }, shown }
  if (kind === 'token') return { revocable: { token: issued }, shown }
  if (kind === 'actor') return { revocable: { actor: name }, shown }
  return { revocable: kind === 'capability' ? { capability: name } : { permission: name }, shown }
}
