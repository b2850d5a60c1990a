import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { playStory } from './play-story.ts'
import { createScreen } from './screen.ts'
import { setStage } from './stage.ts'

/**
 * `--once` plays the story and exits: 0 when every step went as told, 1 otherwise. Without it the servers stay up afterwards.
 * `PORT` (4180) is the guarded server's port; the next two ports are taken too. `--once` takes free ones.
 */
async function main(): Promise<number> {
  const unknown = process.argv.slice(2).filter((argument) => argument !== '--once')
  if (unknown.length > 0) throw new Error(`unknown argument \`${unknown[0]}\`; \`--once\` is the only one`)
  const once = process.argv.includes('--once')
  const port = once ? 0 : Number(process.env.PORT ?? 4180)
  if (!Number.isInteger(port) || port < 0 || port > 65_533) throw new Error('PORT must be a port number')
  const state = once ? await mkdtemp(join(tmpdir(), 'lockstep-story-')) : resolve('.lockstep')
  const stage = await setStage({ port, state })
  const stop = async () => {
    await stage.close()
    if (once) await rm(state, { recursive: true, force: true })
  }
  const screen = createScreen((text) => process.stdout.write(text))
  const ok = await playStory(stage, screen)
  if (once) {
    await stop()
    return ok ? 0 : 1
  }
  screen.line()
  screen.line(`The guarded MCP server stays up at ${stage.arms.resource}`)
  screen.line(`Its metadata: ${new URL('/.well-known/oauth-protected-resource/mcp', stage.arms.resource)}`)
  screen.line(`The authorization server: ${stage.arms.issuer}`)
  screen.line('Press Ctrl+C to stop.')
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done())
  })
  await stop()
  return ok ? 0 : 1
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
