import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { newFolder } from './run-lockstep.ts'
import { run, writeWorld } from './server-world.ts'

const CONFIGURATION = `tools: { pay: {} },
  resourceTemplates: { note: { uri: 'note://{shelf}/{id}', completions: { shelf: { values: 'public' } } } },
  prompts: { brief: {} }, state: 'memory',`
const manifest = {
  tools: [
    { name: 'pay', inputSchema: { type: 'object', properties: {} } },
    { name: 'brief', inputSchema: { type: 'object', properties: { topic: { type: 'string' } }, required: ['topic'] } },
  ],
}

test(proves('reach:schema', 'drafted, held against and explained'), async () => {
  const { config, folder } = await writeWorld({ manifest, configuration: CONFIGURATION })
  const { code, said, complained } = await run('policy', 'schema', '--config', config)
  expect({ code, complained }).toEqual({ code: 0, complained: '' })
  for (const part of [
    'action brief',
    'topic: String',
    'action note ',
    'shelf: String',
    'id: String',
    'value: String',
  ]) {
    expect(said).toContain(part)
  }
  await writeFile(join(folder, 'policies', 'schema.cedarschema'), said)
  await writeFile(
    join(folder, 'policies', 'all.cedar'),
    `@id("open") permit (principal, action == Action::"note", resource) when { context.arguments.shelf == "open" };
     @id("rest") permit (principal, action in [Action::"pay", Action::"brief", Action::"note.shelf"], resource);`,
  )
  const checked = await run('policy', 'check', '--config', config)
  expect(checked.said).toContain('no drift')
  const explain = (shelf: string) =>
    run(
      ...['explain', '--config', config, '--as', 'ann', '--actor', 'agent', '--tool', 'note'],
      ...['--args', JSON.stringify({ shelf, id: '1' })],
    )
  expect((await explain('open')).said).toMatch(/^permitted by open/)
  expect((await explain('closed')).said).toMatch(/^denied/)
})

test(proves('reach:schema', 'prompts of a server'), async () => {
  const out = join(await newFolder(), 'tools.json')
  const server = `import { McpServer } from '@modelcontextprotocol/server'
    import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
    import { z } from 'zod'
    const server = new McpServer({ name: 'one', version: '1' })
    server.registerTool('pay', {}, () => ({ content: [] }))
    const argsSchema = z.object({ topic: z.string(), tone: z.string().optional() })
    server.registerPrompt('brief', { argsSchema }, () => ({ messages: [] }))
    server.registerPrompt('pay', {}, () => ({ messages: [] }))
    await server.connect(new StdioServerTransport())`
  const written = await run('policy', 'manifest', '--out', out, '--', 'node', '--input-type=module', '-e', server)
  expect(written).toEqual({ code: 0, said: '1 tool, 1 prompt\n', complained: '' })
  const { readManifest } = await import('@lockstep/mcp')
  expect((await readManifest(out)).get('brief')?.schema).toEqual({
    type: 'object',
    properties: { topic: { type: 'string' }, tone: { type: 'string' } },
    required: ['topic'],
  })
})
