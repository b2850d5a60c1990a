import { createHmac } from 'node:crypto'
import { type AuditEvent, isJsonObject, type JsonObject } from '@lockstep/core'
import { leafHash } from './merkle/tree-hash.ts'

/** One line of the log: an event, its place and its time. Format version 1. */
export interface AuditRecord extends AuditEvent {
  readonly v: 1
  /** The position in the log, from zero without gaps. */
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** 128 random bits in base64url. Keeps the leaf hash from being guessed, and salts the digests of the event. */
  readonly salt: string
}

/** No event has a reason to be longer; what is longer would be a way to fill the disk. */
export const MOST_RECORD_BYTES = 65_536

const SUFFIX = /^,"leaf":"([A-Za-z0-9_-]{43})"\}$/
const SUFFIX_BYTES = 54

/**
 * Salts one digest of an event, as the log does with every text in `detail.digests`: HMAC-SHA-256 in base64url. Somebody who holds
 * the arguments can so show that a record is about them; somebody who only holds two records cannot see that they are alike.
 */
export function saltDigest(salt: string, digest: string): string {
  return createHmac('sha256', Buffer.from(salt, 'base64url')).update(digest).digest('base64url')
}

/** Makes the record of an event. Only the declared members of the event are taken over. */
export function makeRecord(event: AuditEvent, seq: number, at: number, salt: string): AuditRecord {
  const { trace, step, outcome, code, subject, actor, tool, policies, policyVersion, detail } = event
  return {
    v: 1,
    seq,
    at,
    salt,
    trace,
    step,
    outcome,
    ...(code !== undefined && { code }),
    ...(subject !== undefined && { subject }),
    ...(actor !== undefined && { actor }),
    ...(tool !== undefined && { tool }),
    ...(policies !== undefined && { policies }),
    ...(policyVersion !== undefined && { policyVersion }),
    ...(detail !== undefined && { detail: saltDigests(detail, salt) }),
  }
}

function saltDigests(detail: JsonObject, salt: string): JsonObject {
  if (!isJsonObject(detail.digests)) return detail
  const salted = Object.entries(detail.digests).map(([name, digest]) => [
    name,
    typeof digest === 'string' ? saltDigest(salt, digest) : digest,
  ])
  return { ...detail, digests: Object.fromEntries(salted) }
}

/** A record as it is written, and its leaf hash. */
export interface EncodedRecord {
  /** The line, with its line feed. */
  readonly line: Buffer
  readonly leaf: Buffer
}

/**
 * Writes a record as one line of JSON. The last member, `leaf`, is the RFC 6962 leaf hash over the JSON without it, in base64url:
 * so a changed byte is found in its own line, and not only somewhere before the next checkpoint.
 */
export function encodeRecord(record: AuditRecord): EncodedRecord {
  const body = JSON.stringify(record)
  const leaf = leafHash(Buffer.from(body))
  return { line: Buffer.from(`${body.slice(0, -1)},"leaf":"${leaf.toString('base64url')}"}\n`), leaf }
}

/**
 * Reads a line (without its line feed) that must hold the record at `seq`. Undefined when anything about it is not as it was
 * written.
 */
export function decodeRecord(line: Buffer, seq: number): { record: AuditRecord; leaf: Buffer } | undefined {
  // attacker-controlled: whoever can write the file can write anything; nothing of the line is used before its hash fits.
  if (line.length > MOST_RECORD_BYTES + SUFFIX_BYTES) return undefined
  const written = SUFFIX.exec(line.subarray(-SUFFIX_BYTES).toString('latin1'))?.[1]
  if (written === undefined) return undefined
  const body = Buffer.concat([line.subarray(0, -SUFFIX_BYTES), Buffer.from('}')])
  const leaf = leafHash(body)
  if (leaf.toString('base64url') !== written) return undefined
  const record = parse(body)
  return isRecord(record) && record.seq === seq ? { record, leaf } : undefined
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is AuditRecord {
  if (!isJsonObject(value)) return false
  const texts = [value.salt, value.trace, value.step, value.outcome]
  return (
    value.v === 1 &&
    Number.isSafeInteger(value.seq) &&
    typeof value.at === 'number' &&
    texts.every((text) => typeof text === 'string')
  )
}
