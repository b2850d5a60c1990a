import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryState } from '@lockstep/stores/memory'
import { openStateFolder } from '@lockstep/stores/pglite'
import { afterAll } from 'vitest'
import { spendingContract } from './spending.contract.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

spendingContract('memory', async (clock) => {
  const state = createMemoryState({ clock })
  return { store: state.spending, close: () => state.close() }
})
spendingContract('pglite', async (clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-spending-'))
  folders.push(folder)
  const state = await openStateFolder({ folder, clock })
  return { store: state.spending, close: () => state.close() }
})
