import { request } from 'node:http'
import { CODES, type ErrorCode, isJsonObject, LockstepError, type Revocable } from '@lockstep/core'
import type { RevocationEvidence } from '../revocation/revocation-evidence.ts'
import { operatorSocket } from './operator-socket.ts'

/** What an operator asks of a server that runs. */
export type OperatorRequest =
  | { readonly do: 'revoke'; readonly what: Revocable; readonly reason: string }
  | { readonly do: 'restore'; readonly what: { readonly permission: string }; readonly reason: string }

const LONGEST_MS = 20_000

/**
 * Asks the server that holds a state folder to revoke or restore. Rejects with `TypeError` for what cannot be revoked or restored, with
 * `state.locked` when the server cannot be asked, and with whatever code the server failed with. An answer that does not come says nothing of
 * whether it was done.
 */
export async function askOperator(stateFolder: string, asked: OperatorRequest): Promise<RevocationEvidence> {
  const answer = parsed(await send(stateFolder, JSON.stringify(asked)))
  const { done, code, refused } = isJsonObject(answer) ? answer : {}
  if (typeof refused === 'string') throw new TypeError(refused)
  if (typeof code === 'string' && isCode(code)) throw new LockstepError(code)
  const evidence = evidenceOf(done)
  if (!evidence) throw unanswered(stateFolder)
  return evidence
}

/** An answer that broke off is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function evidenceOf(done: unknown): RevocationEvidence | undefined {
  if (!isJsonObject(done)) return undefined
  const { at, trace, policyVersion } = done
  if (typeof at !== 'number' || typeof trace !== 'string' || !isJsonObject(policyVersion)) return undefined
  const { before, after } = policyVersion
  if (typeof before !== 'string' || typeof after !== 'string') return undefined
  return { at, trace, policyVersion: { before, after } }
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(CODES, code)
}

function send(stateFolder: string, body: string): Promise<string> {
  const socketPath = operatorSocket(stateFolder)
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error) => reject(unanswered(stateFolder, cause))
    if (socketPath === undefined) return fail()
    const sent = request({ socketPath, method: 'POST', path: '/' }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
      response.on('error', fail)
    })
    sent.setTimeout(LONGEST_MS, () => sent.destroy())
    sent.on('error', fail)
    sent.end(body)
  })
}

function unanswered(stateFolder: string, cause?: Error): LockstepError {
  const detail = `\`${stateFolder}\`: the server does not answer its operator; look whether it was done, and stop the server to try again`
  return new LockstepError('state.locked', detail, { cause })
}
