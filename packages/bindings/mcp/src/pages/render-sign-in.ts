import type { SignInDemand } from '@lockstep/core'
import type { SignInRequest } from '../signing-in/sign-in-request.ts'
import { markup, renderPage } from './render-page.ts'

/** The page of a call whose person has signed in for it: what it is, and whether it may go on. */
export function renderSignIn({ subject, actor, shown }: SignInRequest, csrf: string): string {
  const rows = shown.map(
    ({ name, value, ascii }) =>
      markup`<tr><th scope="row">${text(name)}</th><td>${text(value)}${
        ascii === undefined ? '' : markup`<br><small>with other letters than it seems: ${text(ascii)}</small>`
      }</td></tr>`,
  )
  const content = markup`<p>A program that acts for you wants to make this call, once, and it needs the sign-in that you just made.</p>
<table>${rows}<tr><th scope="row">for</th><td>${subject}</td></tr><tr><th scope="row">through</th><td>${actor}</td></tr></table>
<p>Let it go on only if you started it yourself, just now. Whoever else sent you here wants to act in your name.</p>
<form method="post"><input type="hidden" name="csrf" value="${csrf}"><button name="answer" value="approve">I started it: go on</button><button name="answer" value="deny">Stop</button></form>`
  return renderPage('A call waits for your sign-in', content)
}

/** The page after a sign-in that is not what was asked for: the issuer ignored the question, or could not do better. */
export function renderUnmet({ acr, maxAge }: SignInDemand): string {
  const wanted = [
    ...(acr === undefined ? [] : [markup`<li>of the strength ${acr}</li>`]),
    ...(maxAge === undefined ? [] : [markup`<li>no older than ${String(maxAge)} seconds</li>`]),
  ]
  return renderPage(
    'This sign-in does not do',
    markup`<p>The call needs a sign-in that is</p><ul>${wanted}</ul><p>The server that signs you in was asked for it, and did not make one. Nothing was allowed.</p>`,
  )
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
