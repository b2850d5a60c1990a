import type { RequestListener } from 'node:http'
import { mcpAuth } from '@lockstep/express'
import type { Lockstep, LockstepConfiguration } from '@lockstep/mcp'
import type { TestAgent } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import express, { type Express } from 'express'
import supertest from 'supertest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'

export type Sent = supertest.Response

/** What an attacker sends; everything about it is theirs to choose. */
export interface Shot {
  readonly method?: 'POST' | 'GET' | 'PUT' | 'DELETE' | 'PATCH'
  readonly path?: string
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: TestAgent
}

/** A guarded application, and a permitted but hostile caller in front of it. */
export interface Target {
  readonly desk: Desk
  readonly lockstep: Lockstep
  readonly ann: TestAgent
  readonly app: RequestListener
  readonly shoot: (shot: Shot) => Promise<Sent>
  readonly call: (name: string, args?: unknown, shot?: Shot) => Promise<Sent>
}

/** Mounts handlers behind `mcpAuth()` of a desk. */
export async function openTarget(
  mount: (app: Express, desk: Desk) => void,
  overrides: Partial<LockstepConfiguration> = {},
): Promise<Target> {
  const desk = await openDesk(overrides)
  const app = express()
  app.use(mcpAuth(desk.lockstep))
  mount(app, desk)
  return aim(desk, app)
}

/** Aims at an application that was built elsewhere. */
export async function aim(desk: Desk, app: RequestListener): Promise<Target> {
  const ann = await desk.agent()
  const shoot = async ({ method = 'POST', path = '/mcp', body, headers = {}, agent = ann }: Shot) => {
    const url = new URL(path.split('?', 1)[0] ?? path, RESOURCE).href
    const { accessToken, key } = agent
    const sent = supertest(app)
      [method.toLowerCase() as 'post'](path)
      .set({
        accept: 'application/json, text/event-stream',
        authorization: `DPoP ${accessToken}`,
        dpop: await signProof(key, { method, url, accessToken }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      })
    return body === undefined ? sent : sent.send(typeof body === 'string' ? body : JSON.stringify(body))
  }
  return {
    desk,
    lockstep: desk.lockstep,
    ann,
    app,
    shoot,
    call: (name, args = {}, shot = {}) =>
      shoot({ body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }, ...shot }),
  }
}

/** The code of a refusal. */
export function codeOf({ body }: Sent): string | undefined {
  return body?.error?.data?.code
}
