import { signIn } from './sign-in.ts'

/** An answer to a browser, with everything that a test looks at. */
export interface PageAnswer {
  readonly status: number
  readonly headers: Headers
  readonly html: string
}

/** A person's browser before the pages of one server: with cookies, and with a person who signs in where they are asked to. */
export interface PageBrowser {
  readonly cookies: Map<string, string>
  /** How often the person had to sign in. */
  readonly signIns: number
  /** Opens a page, signing in on the way if that is asked. */
  open(url: string): Promise<PageAnswer>
  /** Opens one address and follows nothing. */
  step(url: string, init?: RequestInit): Promise<PageAnswer>
  /** Presses a button of the page's form; `changes` are what an attacker would do about it. */
  press(page: PageAnswer, url: string, answer: string, changes?: Changes): Promise<PageAnswer>
}

/** What differs from the form that a browser would send. */
export interface Changes {
  readonly csrf?: string
  readonly headers?: Record<string, string>
}

/** Creates the browser of one person. Cookies are kept as `__Host-` demands: a server that sets them otherwise is told. */
export function createPageBrowser(origin: string, person: string): PageBrowser {
  const cookies = new Map<string, string>()
  let signIns = 0
  const step: PageBrowser['step'] = async (url, init = {}) => {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...init.headers },
    })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*);(.*)$/.exec(set) ?? []
      const host = name.startsWith('__Host-') && /; Secure/.test(`;${attributes}`) && /Path=\//.test(attributes)
      if (!host || /Domain/i.test(attributes)) throw new Error(`a browser refuses the cookie ${name}`)
      if (/Max-Age=0/.test(attributes)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return { status: response.status, headers: response.headers, html: await response.text() }
  }
  return {
    cookies,
    get signIns() {
      return signIns
    },
    step,
    async open(url) {
      let answer = await step(url)
      for (let turn = 0; turn < 4 && answer.status === 303; turn += 1) {
        const location = new URL(answer.headers.get('location') ?? '', url)
        if (location.origin === origin) answer = await step(location.href)
        else {
          signIns += 1
          answer = await step((await signIn(location, person, `${origin}/.lockstep/pages/callback`)).href)
        }
      }
      return answer
    },
    press(page, url, answer, { csrf = /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '', headers } = {}) {
      return step(url, {
        method: 'POST',
        headers: { origin, 'sec-fetch-site': 'same-origin', ...headers },
        body: new URLSearchParams({ csrf, answer }),
      })
    },
  }
}
