import { readFile, stat } from 'node:fs/promises'
import { isJsonObject } from '@lockstep/core'
import { type PublicJwk, readPublicJwk, thumbprint } from '@lockstep/tokens'
import { UsageError } from './usage-error.ts'

const MOST_BYTES = 65_536

/**
 * Reads the public keys of a file: one JWK, or a JWK Set (RFC 7517). A key without `kid` gets its RFC 7638 thumbprint, which is
 * what a checkpoint names it by. Rejects with `UsageError`, without the content of the file.
 */
export async function readKeyFile(path: string): Promise<readonly PublicJwk[]> {
  const value = await readJson(path)
  const listed = isJsonObject(value) && Array.isArray(value.keys) ? value.keys : [value]
  const keys: PublicJwk[] = []
  for (const one of listed) {
    const key = readPublicJwk(one)
    if (!key) throw new UsageError(`\`${path}\` holds something else than public keys`)
    keys.push({ ...key, kid: key.kid ?? (await thumbprint(key)) })
  }
  if (keys.length === 0) throw new UsageError(`\`${path}\` holds no key`)
  return keys
}

async function readJson(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > MOST_BYTES) throw new Error('it is too large')
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    throw new UsageError(`\`${path}\` cannot be read as a JWK`)
  }
}
