// Type-checks every TypeScript block of README.md and docs/**/*.md against the built packages, so that no example rots.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { at, root } from './steps/root.mjs'

// Inside the repository, so that package names resolve as they do for a reader who has installed them.
const FOLDER = at('reports', 'snippets')
const BLOCK = /^```(?<info>(?:ts|typescript|tsx|js|javascript)\b.*)\n(?<code>[\s\S]*?)^```$/gm

const CONFIG = {
  extends: '../../tsconfig.base.json',
  compilerOptions: {
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    allowImportingTsExtensions: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ['*.ts'],
}

const pages = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', 'README.md', 'docs'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path.endsWith('.md'))

await rm(FOLDER, { recursive: true, force: true })
await mkdir(FOLDER, { recursive: true })
await writeFile(`${FOLDER}/tsconfig.json`, JSON.stringify(CONFIG))

/** By name of the extracted file: where it comes from. */
const origins = new Map()
let refused = 0
for (const path of pages) {
  const text = await readFile(at(path), 'utf8').catch(() => '')
  for (const { index, groups } of text.matchAll(BLOCK)) {
    const line = text.slice(0, index).split('\n').length + 1
    if (groups.info.trim() !== 'ts') {
      process.stderr.write(
        `${path}:${line - 1}: code blocks are marked \`ts\` and nothing else, so that all are checked\n`,
      )
      refused += 1
      continue
    }
    const name = `${path.replaceAll(/[^A-Za-z0-9]/g, '_')}_${line}.ts`
    origins.set(name, path)
    // The blank lines keep the line numbers of the page.
    await writeFile(`${FOLDER}/${name}`, `${'\n'.repeat(line - 1)}${groups.code}\nexport {}\n`)
  }
}

process.exitCode = refused > 0 ? 1 : 0
if (origins.size > 0) {
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', FOLDER, '--pretty', 'false'], {
    cwd: FOLDER,
    encoding: 'utf8',
  })
  process.stderr.write(stdout.replaceAll(/^(\w+\.ts)/gm, (name) => origins.get(name) ?? name) + stderr)
  if (status !== 0) process.exitCode = 1
}
process.stdout.write(`${origins.size} snippets of ${pages.length} pages\n`)
