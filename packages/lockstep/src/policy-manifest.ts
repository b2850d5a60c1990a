import { rename, rm, writeFile } from 'node:fs/promises'
import { readManifest } from '@lockstep/mcp'
import type { Client } from '@modelcontextprotocol/client'
import type { Command } from './command.ts'
import { parseArguments } from './parse-arguments.ts'
import { UsageError } from './usage-error.ts'

const MOST_PAGES = 100

/** `lockstep policy manifest`: the tools of a server as JSON. */
export const policyManifest: Command = {
  name: 'policy manifest',
  summary: 'starts an MCP server over stdio and writes its tools as JSON',
  usage: '--out <file> -- <command> [<argument>...]',
  options: [
    ['--out <file>', 'the manifest: the names of the tools and the JSON Schemas of their arguments'],
    ['<command>', 'starts the server, which speaks MCP on its standard input and output'],
  ],
  notes: ['Name the file as `manifest` in the configuration. The server is ended once it has answered.'],
  async run(args, output) {
    const end = args.indexOf('--')
    const [command, ...rest] = end === -1 ? [] : args.slice(end + 1)
    const { values } = parseArguments(end === -1 ? args : args.slice(0, end), { out: { type: 'string' } })
    if (values.out === undefined) throw new UsageError('`--out` is missing')
    if (command === undefined) throw new UsageError('<command> is missing; write it after `--`')
    const listed = await listDeclarable(command, rest).catch((error: unknown) => {
      output.complain(`lockstep policy manifest: the server did not list its tools (${nameOf(error)})\n`)
      return undefined
    })
    if (!listed) return 1
    const { tools, prompts } = listed
    const all = [...tools, ...prompts].sort((a, b) => (a.name < b.name ? -1 : 1))
    // Written beside it and read as the server will read it: what is there is replaced by a manifest or by nothing.
    const draft = `${values.out}.${process.pid}.tmp`
    try {
      await writeFile(draft, `${JSON.stringify({ tools: all }, undefined, 2)}\n`).catch(() => {
        throw new UsageError(`\`${values.out}\` cannot be written`)
      })
      await readManifest(draft)
      await rename(draft, values.out)
    } finally {
      await rm(draft, { force: true })
    }
    output.say(`${[countOf(tools, 'tool'), ...(prompts.length > 0 ? [countOf(prompts, 'prompt')] : [])].join(', ')}\n`)
    return 0
  },
}

async function listDeclarable(command: string, args: string[]) {
  // Loaded here, so that no other command loads the SDK.
  const { Client } = await import('@modelcontextprotocol/client')
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio')
  const client = new Client({ name: 'lockstep', version: '0.1.0' }, { versionNegotiation: { mode: 'auto' } })
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
  try {
    await client.connect(new StdioClientTransport({ command, args, env, stderr: 'inherit' }))
    const tools: Listed[] = []
    let cursor: string | undefined
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const listed = await client.listTools(cursor === undefined ? undefined : { cursor })
      tools.push(...listed.tools.map(({ name, inputSchema }) => ({ name, inputSchema })))
      cursor = listed.nextCursor
      if (cursor === undefined) return { tools, prompts: await listPrompts(client, tools) }
    }
    throw new RangeError('more than 100 pages')
  } finally {
    await client.close()
  }
}

function countOf(listed: readonly Listed[], what: string): string {
  return `${listed.length} ${listed.length === 1 ? what : `${what}s`}`
}

type Listed = { readonly name: string; readonly inputSchema: unknown }

/** Prompts by the same form: their arguments are texts. One that is called as a tool is called cannot be declared beside it. */
async function listPrompts(client: Client, tools: readonly Listed[]): Promise<readonly Listed[]> {
  if (!client.getServerCapabilities()?.prompts) return []
  const prompts: Listed[] = []
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const listed = await client.listPrompts(cursor === undefined ? undefined : { cursor })
    for (const { name, arguments: given = [] } of listed.prompts) {
      const properties = Object.fromEntries(given.map((one) => [one.name, { type: 'string' }]))
      const required = given.flatMap((one) => (one.required ? [one.name] : []))
      const isTaken = tools.some((tool) => tool.name === name)
      if (!isTaken) prompts.push({ name, inputSchema: { type: 'object', properties, required } })
    }
    cursor = listed.nextCursor
    if (cursor === undefined) return prompts
  }
  throw new RangeError('more than 100 pages')
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
