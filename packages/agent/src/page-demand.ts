import { isJsonObject, type JsonObject } from '@lockstep/core'

/** A page that a person is to be led to, as a server asks for it. */
export interface AskedPage {
  /** The name of the request for it; absent where the server takes no answer, only the same call again. */
  readonly name?: string
  readonly url: string
  /** What the server says about it. It may be anybody's words. */
  readonly message: string
}

/** The call waits for what its person does on pages (MCP, URL elicitation). */
export interface PageDemand {
  readonly kind: 'page'
  /** What is missing, so that a page for each is opened and none twice: `approval`, `signIn`, or what else a server may want. */
  readonly of: 'approval' | 'signIn' | 'other'
  readonly pages: readonly AskedPage[]
  /** What goes back with the answers; absent where there is none. */
  readonly requestState?: string
  /** A sign-in that would do instead, by another token. */
  readonly signIn?: { readonly acr?: string; readonly maxAge?: number }
}

const URL_ELICITATION_REQUIRED = -32042
const MOST_PAGES = 4
const MOST_CHARACTERS = 8_192

/**
 * What an answer to a call asks a person to do on pages: a result that requires input (MCP 2026-07-28), or the error `-32042` (2025-11-25). Undefined
 * for every other answer, and for one that asks for anything beside: that is for the client to read.
 */
export function demandOfPages(body: unknown): PageDemand | undefined {
  // attacker-controlled: `body`.
  if (!isJsonObject(body)) return undefined
  if (isJsonObject(body.error)) return demandOfError(body.error)
  if (!isJsonObject(body.result) || body.result.resultType !== 'input_required') return undefined
  const { inputRequests, requestState, _meta: meta } = body.result
  const asked = isJsonObject(inputRequests) ? Object.entries(inputRequests) : []
  const pages = asked.map(([name, request]) => {
    const { method, params } = isJsonObject(request) ? request : {}
    return method === 'elicitation/create' ? pageOf(params, name) : undefined
  })
  if (requestState !== undefined && typeof requestState !== 'string') return undefined
  const state = requestState === undefined ? {} : { requestState }
  return demand(pages, isJsonObject(meta) ? meta['lockstep/denial'] : undefined, state)
}

function demandOfError({ code, data }: JsonObject): PageDemand | undefined {
  if (code !== URL_ELICITATION_REQUIRED || !isJsonObject(data) || !Array.isArray(data.elicitations)) return undefined
  return demand(
    data.elicitations.map((one) => pageOf(one)),
    data,
    {},
  )
}

function demand(
  pages: readonly (AskedPage | undefined)[],
  denial: JsonObject[string] | undefined,
  state: { readonly requestState?: string },
): PageDemand | undefined {
  const understood = pages.filter((page) => page !== undefined)
  if (understood.length === 0 || understood.length < pages.length || understood.length > MOST_PAGES) return undefined
  const unlock = isJsonObject(denial) && isJsonObject(denial.unlock) ? denial.unlock : {}
  const { acr, maxAge } = unlock
  const signIn = {
    ...(typeof acr === 'string' ? { acr } : {}),
    ...(typeof maxAge === 'number' && Number.isSafeInteger(maxAge) && maxAge >= 0 ? { maxAge } : {}),
  }
  if (Object.keys(signIn).length > 0) return { kind: 'page', of: 'signIn', pages: understood, signIn, ...state }
  return { kind: 'page', of: isJsonObject(unlock.approval) ? 'approval' : 'other', pages: understood, ...state }
}

function pageOf(params: JsonObject[string] | undefined, name?: string): AskedPage | undefined {
  if (!isJsonObject(params) || params.mode !== 'url') return undefined
  const { url, message } = params
  if (typeof url !== 'string' || url.length > MOST_CHARACTERS || !URL.canParse(url)) return undefined
  const { protocol, hostname } = new URL(url)
  // Whoever opens it hands it to a browser, or to a shell: nothing but pages, and none that can be read on the way.
  const isLocal = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal)) return undefined
  const said = typeof message === 'string' ? message.slice(0, MOST_CHARACTERS) : ''
  return { ...(name === undefined ? {} : { name }), url, message: said }
}
