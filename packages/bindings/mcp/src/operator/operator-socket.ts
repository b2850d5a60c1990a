import { join, resolve } from 'node:path'

/** What every system takes as the path of a socket, in bytes, without the zero at its end. */
const LONGEST_PATH = 103

/**
 * Where the server that holds a state folder listens to its operator: a Unix socket, in a folder that only its owner may enter, as they alone may
 * read the keys beside it. Undefined where the path is too long for a socket, and on Windows.
 */
export function operatorSocket(stateFolder: string): string | undefined {
  const path = join(resolve(stateFolder), 'operator', 'socket')
  return Buffer.byteLength(path) > LONGEST_PATH || process.platform === 'win32' ? undefined : path
}
