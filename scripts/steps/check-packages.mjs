import { readFile } from 'node:fs/promises'
import { publicPackages } from './public-packages.mjs'

/** Lints the published form of every public package with publint, strictly. One count for each package. */
export async function checkPackages() {
  // Loaded late: before the first step of a fresh clone it is not installed.
  const { publint } = await import('publint')
  const { formatMessage } = await import('publint/utils')
  const counts = { passed: 0, failed: 0 }
  for (const folder of await publicPackages()) {
    const manifest = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'))
    // Not packed: which files a package publishes is held by test/house/packages.test.ts.
    const { messages } = await publint({ pkgDir: folder, strict: true, pack: false })
    for (const message of messages) process.stdout.write(`${manifest.name}: ${formatMessage(message, manifest)}\n`)
    counts[messages.length === 0 ? 'passed' : 'failed'] += 1
  }
  return counts
}
