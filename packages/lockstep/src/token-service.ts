import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer as createPlainServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { isIPv6 } from 'node:net'
import { createLockstep, createTokenService, loadConfiguration, type TokenServiceListener } from '@lockstep/mcp'
import type { Command } from './command.ts'
import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'
import { parseArguments } from './parse-arguments.ts'
import { UsageError } from './usage-error.ts'

const text = { type: 'string' } as const

/** `lockstep token-service`: the transaction token service as a process of its own. */
export const tokenService: Command = {
  name: 'token-service',
  summary: 'serves the transaction token service of a configuration, and nothing else, until it is told to stop',
  usage: '[--config <file>] [--port <n>] [--host <name>] [--key <file> --cert <file> [--clients <file>]]',
  options: [
    CONFIG_HELP,
    ['--port <n>', 'where it listens (default: 8080; 0 for any that is free)'],
    ['--host <name>', 'the address it listens at (default: 127.0.0.1)'],
    ['--key <file>', 'the private key of its TLS, in PEM; without it a proxy in front must speak TLS'],
    ['--cert <file>', 'the certificate of its TLS, in PEM'],
    ['--clients <file>', 'the authorities of client certificates, in PEM: needed for `mediators`'],
  ],
  notes: [
    'It issues at `/.lockstep/token`, publishes its keys at `/.lockstep/jwks` and takes consent at `/.lockstep/approvals/<id>`.',
    'SIGINT and SIGTERM stop it: requests that are being answered are answered first.',
  ],
  async run(args, output) {
    const options = { config: CONFIG_OPTION, port: text, host: text, key: text, cert: text, clients: text }
    const { values } = parseArguments(args, options)
    const port = readPort(values.port ?? '8080')
    const tls = await readTls(values)
    const { configuration, folder } = await loadConfiguration(values.config)
    const lockstep = await createLockstep(configuration, { folder })
    try {
      const server = open(createTokenService(lockstep), tls)
      server.listen(port, values.host ?? '127.0.0.1')
      await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
        throw new UsageError(`it cannot listen there (${error.code ?? 'unknown'})`)
      })
      output.say(`transaction token service of ${configuration.resource} at ${addressOf(server, tls !== undefined)}\n`)
      await toldToStop()
      server.close()
      server.closeIdleConnections()
      await once(server, 'close')
      return 0
    } finally {
      await lockstep.close()
    }
  },
}

interface Tls {
  readonly key: string
  readonly cert: string
  readonly ca?: string
}

function open(listener: TokenServiceListener, tls: Tls | undefined): Server {
  const listen = (...given: Parameters<TokenServiceListener>) => void listener(...given)
  if (!tls) return createPlainServer(listen)
  // A client without a certificate still reaches the keys, and gets a proper refusal.
  return createTlsServer({ ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: false }, listen)
}

function readPort(given: string): number {
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN
  if (!(port <= 65_535)) throw new UsageError('`--port` expected a number up to 65535')
  return port
}

async function readTls({
  key,
  cert,
  clients,
}: {
  readonly key?: string | undefined
  readonly cert?: string | undefined
  readonly clients?: string | undefined
}): Promise<Tls | undefined> {
  if (key === undefined && cert === undefined && clients === undefined) return undefined
  if (key === undefined || cert === undefined) throw new UsageError('`--key` and `--cert` belong together')
  const read = (path: string) =>
    readFile(path, 'utf8').catch(() => {
      throw new UsageError(`\`${path}\` cannot be read`)
    })
  const [keyText, certText, ca] = [await read(key), await read(cert), clients && (await read(clients))]
  return { key: keyText, cert: certText, ...(ca ? { ca } : {}) }
}

function addressOf(server: Server, isTls: boolean): string {
  const address = server.address()
  if (typeof address !== 'object' || address === null) return String(address)
  const host = isIPv6(address.address) ? `[${address.address}]` : address.address
  return `${isTls ? 'https' : 'http'}://${host}:${address.port}`
}

function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
