import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, LockstepError } from '@lockstep/core'
import { type PublicJwk, readPublicJwk } from '@lockstep/tokens'

/** The file of public keys in a log's folder. */
const KEYS = 'keys.json'
const MOST_BYTES = 65_536

/**
 * Publishes the public keys of a log beside it, as a JWK Set (RFC 7517 section 5) with a format version, so that the log can be
 * verified without its owner. The file is replaced as a whole. Rejects with the error of the file system.
 */
export async function publishKeys(folder: string, keys: readonly PublicJwk[]): Promise<void> {
  const place = join(folder, KEYS)
  // INVARIANT: nothing private is published, whatever was handed in.
  const published = keys.flatMap((key) => readPublicJwk(key) ?? [])
  const text = `${JSON.stringify({ v: 1, keys: published }, undefined, 2)}\n`
  if ((await readFile(place, 'utf8').catch(() => undefined)) === text) return
  const aside = `${place}.unfinished`
  await rm(aside, { force: true })
  let file: FileHandle | undefined
  try {
    file = await open(aside, 'wx', 0o644)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file?.close()
  }
  await rename(aside, place)
}

/**
 * Reads the public keys that a log's owner published beside it; undefined when there are none. They are only as trustworthy as
 * the folder: whoever can replace the log can replace them with it.
 *
 * Rejects with `audit.tampered` when the file holds anything else, and with `audit.unavailable` when it cannot be read.
 */
export async function readPublishedKeys(folder: string): Promise<readonly PublicJwk[] | undefined> {
  const place = join(folder, KEYS)
  const text = await readBounded(place)
  if (text === undefined) return undefined
  const keys = parseKeys(text)
  if (!keys) throw new LockstepError('audit.tampered', `\`${place}\` is not a set of public keys`)
  return keys
}

async function readBounded(place: string): Promise<string | undefined> {
  try {
    // attacker-controlled: whoever can write the folder.
    if ((await stat(place)).size > MOST_BYTES) return ''
    return await readFile(place, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new LockstepError('audit.unavailable', `\`${place}\` cannot be read`, { cause })
  }
}

function parseKeys(text: string): readonly PublicJwk[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isJsonObject(value) || value.v !== 1 || !Array.isArray(value.keys)) return undefined
    const keys = value.keys.map((key) => readPublicJwk(key))
    return keys.every((key) => key !== undefined) && keys.length > 0 ? keys : undefined
  } catch {
    return undefined
  }
}
