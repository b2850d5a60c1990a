import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { type Markup, markup, renderPage } from './render-page.ts'

/** Who looks at a request on its page. */
export interface PageReader {
  readonly issuer: string
  readonly subject: string
  /** What the form must bring back. */
  readonly csrf: string
}

const TITLES: Readonly<Record<string, string>> = {
  pending: 'A call waits for consent',
  approved: 'The call is consented to',
  used: 'The call was made',
  denied: 'The call is denied',
  withdrawn: 'The request was taken back',
  expired: 'The request is too old',
}

/**
 * The page of one request, from what its endpoint tells of it (`tellApproval`): the members to be read, which are rendered from what the request is
 * bound to, and to whoever may decide, two buttons.
 */
export function renderApproval(told: JsonObject, reader: PageReader): string {
  const state = typeof told.state === 'string' ? told.state : ''
  const members = Array.isArray(told.shown) ? told.shown.filter(isJsonObject) : []
  const needed = Array.isArray(told.needed) ? told.needed.filter(isJsonObject) : []
  const count = needed.reduce((sum, one) => sum + (typeof one.count === 'number' ? one.count : 0), 0)
  const rows = members.map(
    ({ name, value, ascii }) =>
      markup`<tr><th scope="row">${text(name)}</th><td>${text(value)}${
        ascii === undefined ? '' : markup`<br><small>with other letters than it seems: ${text(ascii)}</small>`
      }</td></tr>`,
  )
  const content = markup`<table>${rows}
<tr><th scope="row">consented</th><td>${text(told.given)} of ${String(count)}</td></tr>
<tr><th scope="row">until</th><td>${text(told.expiresAt)}</td></tr></table>
${deciding(told, state, reader)}`
  return renderPage(TITLES[state] ?? 'A request', content)
}

function deciding(told: JsonObject, state: string, { issuer, subject, csrf }: PageReader): Markup {
  const requester = isJsonObject(told.requester) ? told.requester : {}
  if (state !== 'pending' && state !== 'approved') return markup`<p>Nothing is left to decide.</p>`
  if (requester.subject === subject && requester.issuer === issuer) {
    return markup`<p>You asked for this, so somebody else decides. Whoever may is asked to open this very page.</p>`
  }
  const consents = Array.isArray(told.consents) ? told.consents.filter(isJsonObject) : []
  const hasConsented = consents.some((one) => one.subject === subject)
  const approve = hasConsented || state === 'approved' ? '' : button('approve', 'Approve')
  return markup`${hasConsented ? markup`<p>You consented.</p>` : ''}<form method="post"><input type="hidden" name="csrf" value="${csrf}">${approve}${button('deny', 'Deny')}</form>`
}

function button(answer: string, label: string): Markup {
  return markup`<button name="answer" value="${answer}">${label}</button>`
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
