import { cp, mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guardDialect } from '@lockstep/kysely'
import { createLockstep, type Lockstep, type RewriteEvent } from '@lockstep/mcp'
import { guardClient } from '@lockstep/pg'
import type { McpServer } from '@modelcontextprotocol/server'
import { Kysely } from 'kysely'
import { listenOnLoopback } from '../authorization-server/listen-on-loopback.ts'
import type { AuthorizationServer } from '../authorization-server/start-authorization-server.ts'
import { createExpenseData, type ExpenseData } from '../data/create-expense-data.ts'
import { readAsReader } from '../data/read-as-reader.ts'
import { createExpenseServer, type ExpenseResources } from './create-expense-server.ts'
import { createLockstepApp } from './create-lockstep-app.ts'
import { createOAuthOnlyApp } from './create-oauth-only-app.ts'
import { expenseConfiguration, POLICIES } from './expense-configuration.ts'
import type { ExpenseDatabase } from './expense-database.ts'
import { createPgliteDialect } from './pglite-dialect.ts'

/** Mounts the guarded server in a framework. */
export type MountGuarded = (lockstep: Lockstep, createServer: () => McpServer) => RequestListener

/** How the two arms start. */
export interface ExpenseArmsOptions {
  /** Port of the guarded server; the OAuth-only one and the authorization server take the next two. 0 takes free ones. */
  readonly port: number
  readonly state: string
  readonly actors: Readonly<Record<string, string>>
  readonly startAuthorizationServer: (resource: string, port: number) => Promise<AuthorizationServer>
  /** @defaultValue on Express */
  readonly mount?: MountGuarded | undefined
}

/** The same handlers twice: behind OAuth alone, and behind Lockstep. Each arm has its own copy of the data. */
export interface ExpenseArms {
  /** The guarded MCP endpoint, and the audience of tokens. */
  readonly resource: string
  readonly oauthOnly: string
  readonly issuer: string
  readonly auditFolder: string
  /** Statements as they were sent and as they were run, newest last. */
  readonly rewrites: readonly RewriteEvent[]
  /** The data of both arms, for looking at what happened to it. */
  readonly data: ExpenseData
  readonly oauthOnlyData: ExpenseData
  /** The folder that the guarded arm's policy is read from: a copy, to be edited while it runs. */
  readonly policies: string
  readonly lockstep: Lockstep
  /** Reports that left, by arm. */
  readonly outboxes: { readonly oauthOnly: ExpenseResources['outbox']; readonly lockstep: ExpenseResources['outbox'] }
  close(): Promise<void>
}

/** Starts both arms. Whatever was started is stopped again when something fails. */
export async function startExpenseArms(options: ExpenseArmsOptions): Promise<ExpenseArms> {
  const stops: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  }
  const next = (offset: number) => (options.port === 0 ? 0 : options.port + offset)
  try {
    const guarded = await listen(options.port)
    const unguarded = await listen(next(1))
    stops.push(guarded.stop, unguarded.stop)
    const resource = `${guarded.origin}/mcp`
    const server = await options.startAuthorizationServer(resource, next(2))
    stops.push(() => server.close())
    const { issuer, jwksUri } = server

    const [plain, data] = await Promise.all([createExpenseData(), createExpenseData()])
    stops.push(plain.close, data.close)
    const rewrites: RewriteEvent[] = []
    const policies = await mkdtemp(join(tmpdir(), 'lockstep-policies-'))
    stops.push(() => rm(policies, { recursive: true, force: true }))
    await cp(POLICIES, policies, { recursive: true })
    const { state, actors } = options
    const configuration = expenseConfiguration({
      resource,
      issuer,
      jwksUri,
      database: readAsReader(async () => data.pglite),
      state,
      policies,
      actors,
    })
    const lockstep = await createLockstep({ ...configuration, onRewrite: (event) => void rewrites.push(event) })
    stops.push(() => lockstep.close())

    const db = new Kysely<ExpenseDatabase>({ dialect: guardDialect(lockstep, data.pglite) })
    const guardedResources: ExpenseResources = {
      db,
      query: (sql) => guardClient(lockstep, data.pglite).query(sql),
      outbox: [],
    }
    const raw = new Kysely<ExpenseDatabase>({ dialect: createPgliteDialect(plain.pglite) })
    const plainResources: ExpenseResources = {
      db: raw,
      query: (sql) => plain.pglite.query<Record<string, unknown>>(sql),
      outbox: [],
    }
    const { mount = createLockstepApp } = options
    guarded.serve(mount(lockstep, () => createExpenseServer(guardedResources)))
    const scopes = ['expenses:read']
    unguarded.serve(
      createOAuthOnlyApp({
        issuer,
        jwksUri,
        audience: resource,
        scopes,
        createServer: () => createExpenseServer(plainResources),
      }),
    )
    const auditFolder = join(options.state, 'audit')
    return {
      resource,
      oauthOnly: `${unguarded.origin}/mcp`,
      issuer,
      auditFolder,
      rewrites,
      data,
      oauthOnlyData: plain,
      policies,
      lockstep,
      outboxes: { oauthOnly: plainResources.outbox, lockstep: guardedResources.outbox },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Listens first: the port is part of the audience that everything else is configured with. */
async function listen(port: number) {
  const { server, origin, close } = await listenOnLoopback(port)
  return { origin, serve: (listener: RequestListener) => void server.on('request', listener), stop: close }
}
