import { isJsonObject } from '@lockstep/core'
import { type CheckpointKey, type PublicJwk, verifyCheckpoint as verifySignature } from '@lockstep/tokens'

/** A signed head of the log: who says it, how many records, and the root over them. Format version 1. */
export interface Checkpoint {
  readonly v: 1
  /** The name of the log, for example `expense-approval/audit`. */
  readonly origin: string
  readonly size: number
  /** The RFC 6962 root over the leaf hashes, base64url. */
  readonly root: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly kid: string
  /** ES256 (RFC 7518 section 3.4: r and s, 64 bytes) over `checkpointBytes`, base64url. */
  readonly signature: string
}

/** What a checkpoint says before it is signed. */
export type CheckpointClaim = Omit<Checkpoint, 'signature'>

/** The bytes that are signed. Their first line keeps them apart from everything else that the key may sign. */
function checkpointBytes(claim: CheckpointClaim): Uint8Array {
  const { origin, size, root, at, kid } = claim
  return Buffer.from(`lockstep audit checkpoint v1\n${JSON.stringify([origin, size, root, at, kid])}\n`)
}

/** Signs a checkpoint. */
export function signCheckpoint(claim: CheckpointClaim, key: CheckpointKey): Checkpoint {
  const signature = key.sign(checkpointBytes(claim))
  return { ...claim, signature: Buffer.from(signature).toString('base64url') }
}

/** Whether a checkpoint was signed by one of the keys; the key is chosen by `kid`. */
export function isSignedCheckpoint(checkpoint: Checkpoint, publicKeys: readonly PublicJwk[]): boolean {
  const key = publicKeys.find((candidate) => candidate.kid === checkpoint.kid)
  return (
    key !== undefined &&
    verifySignature(key, checkpointBytes(checkpoint), Buffer.from(checkpoint.signature, 'base64url'))
  )
}

/** Writes a checkpoint as one line of JSON, with its line feed. */
export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const { v, origin, size, root, at, kid, signature } = checkpoint
  return Buffer.from(`${JSON.stringify({ v, origin, size, root, at, kid, signature })}\n`)
}

/** Reads a line (without its line feed). Undefined unless it is exactly what `encodeCheckpoint` writes. */
export function decodeCheckpoint(line: Buffer): Checkpoint | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    if (!isCheckpoint(value)) return undefined
    const again = { ...value, signature: Buffer.from(value.signature, 'base64url').toString('base64url') }
    return encodeCheckpoint(again).subarray(0, -1).equals(line) ? value : undefined
  } catch {
    return undefined
  }
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (!isJsonObject(value)) return false
  const texts = [value.origin, value.root, value.kid, value.signature]
  return (
    value.v === 1 &&
    typeof value.size === 'number' &&
    Number.isSafeInteger(value.size) &&
    value.size >= 0 &&
    typeof value.at === 'number' &&
    texts.every((text) => typeof text === 'string')
  )
}
