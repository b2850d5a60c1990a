import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository, whatever the working directory is. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A path in the repository. */
export const at = (...parts) => join(root, ...parts)
