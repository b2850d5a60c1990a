import { statSync } from 'node:fs'
import { join } from 'node:path'
import { policyFileNames } from './read-policy-folder.ts'

/** The coarsest times that a file system keeps. A file that changes twice within one tick has the same metadata twice. */
const TICK_MS = 2000

/** Names and metadata of a policy folder's files; the change time cannot be set back by whoever writes a file. */
export interface FolderSignature {
  readonly text: string
  /** Whether everything last changed so long ago that another change must show. */
  readonly settled: boolean
}

/** Looks at a policy folder without reading its files. Never throws: a folder that cannot be read has a signature of its own. */
export function folderSignature(folder: string): FolderSignature {
  try {
    const changed: number[] = [0]
    const files = policyFileNames(folder).map((name) => {
      const { ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(join(folder, name), { bigint: true })
      changed.push(Number(ctimeMs))
      return [name, ino, size, mtimeNs, ctimeNs].join()
    })
    return { text: files.join('\n'), settled: Date.now() - Math.max(...changed) > TICK_MS }
  } catch {
    return { text: 'unreadable', settled: false }
  }
}
