import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PolicyFolder {
  readonly path: string
  readonly write: (files: Readonly<Record<string, string>>) => void
  readonly remove: () => void
}

/** A policy folder of a test's own. */
export function policyFolder(files: Readonly<Record<string, string>>): PolicyFolder {
  const path = mkdtempSync(join(tmpdir(), 'lockstep-policies-'))
  const write = (more: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(more)) writeFileSync(join(path, name), text)
  }
  write(files)
  return { path, write, remove: () => rmSync(path, { recursive: true, force: true }) }
}
