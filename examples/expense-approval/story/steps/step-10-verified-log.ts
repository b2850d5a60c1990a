import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expectThat, type Step } from '../step.ts'

/** The audit log of everything so far, verified beside the running server; and one byte of a copy changed. */
export const verifiedLog: Step = {
  name: 'step 10',
  title: '10. The audit log, verified while the server runs',
  async play(stage, screen) {
    const state = dirname(stage.arms.auditFolder)
    // The last records are signed at the latest a second after they were written.
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const valid = await lockstep('audit', 'verify', '--state', state)
    screen.line()
    screen.fact('run', 'lockstep audit verify')
    screen.block(valid.output.trim())
    expectThat(valid.code === 0 && /valid/.test(valid.output), 'the log verifies, with its checkpoint')

    const copy = await mkdtemp(join(tmpdir(), 'lockstep-audit-'))
    await cp(state, copy, {
      recursive: true,
      filter: (path) => path === state || path.startsWith(stage.arms.auditFolder),
    })
    const changed = await flipOneByte(join(copy, 'audit'))
    const broken = await lockstep('audit', 'verify', '--state', copy)
    screen.fact('changed', `one byte of record ${changed} in a copy`)
    screen.block(broken.output.trim())
    expectThat(broken.code === 1 && broken.output.includes(String(changed)), 'the changed record is named')
    await rm(copy, { recursive: true })

    const trace = stage.traces.get('step 5')
    expectThat(trace, 'step 5 left its trace')
    const chain = await lockstep('audit', 'show', trace, '--state', state)
    screen.fact('run', `lockstep audit show ${trace}`)
    screen.block(chain.output.trim())
    const order = ['discovery', 'invocation', 'execution', 'response'].map((step) =>
      chain.output.indexOf(`  ${step}  `),
    )
    expectThat(
      chain.code === 0 && order.every((at, index) => at > (order[index - 1] ?? -1)),
      'the chain of step 5 is whole',
    )
    return [{ what: 'a changed record in the log', oauthOnly: 'no log', lockstep: 'named' }]
  },
}

/** Runs the command line as a user does. */
async function lockstep(...args: string[]): Promise<{ readonly code: unknown; readonly output: string }> {
  const manifest = createRequire(import.meta.url).resolve('lockstep/package.json')
  const { bin } = JSON.parse(await readFile(manifest, 'utf8')) as { bin: { lockstep: string } }
  const child = spawn(process.execPath, [join(dirname(manifest), bin.lockstep), ...args])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}

/** Changes one letter of a record in the middle of a log; returns its sequence number. */
async function flipOneByte(folder: string): Promise<number> {
  const name = (await readdir(folder))
    .filter((file) => file.endsWith('.jsonl') && !file.includes('checkpoint'))
    .sort()[0]
  expectThat(name, 'the log has a file of records')
  const lines = (await readFile(join(folder, name), 'utf8')).split('\n')
  const at = Math.floor(lines.length / 2)
  const { seq } = JSON.parse(lines[at] ?? '{}') as { seq: number }
  lines[at] = (lines[at] ?? '').replace('permitted', 'permittee').replace('completed', 'completee')
  await writeFile(join(folder, name), lines.join('\n'))
  return seq
}
