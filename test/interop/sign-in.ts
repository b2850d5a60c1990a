/** Redirects after which a browser gives up. */
const MOST_STEPS = 12

/**
 * Plays a browser with a person before it: follows redirects with cookies, fills in the sign-in page and presses the button of the consent
 * page of oidc-provider's own pages, and stops where the client is called back. Resolves to that URL, with `code` or `error`.
 */
export async function signIn(authorizationUrl: URL, person: string, callback: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = authorizationUrl
  let form: URLSearchParams | undefined
  for (let step = 0; step < MOST_STEPS; step += 1) {
    if (url.href.startsWith(callback)) return url
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: form } : {}),
    })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      cookies.set(name, value)
    }
    form = undefined
    const location = response.headers.get('location')
    if (location !== null) url = new URL(location, url)
    else {
      const page = await response.text()
      const [, action] = /<form [^>]*action="([^"]+)"/.exec(page) ?? []
      if (response.status !== 200 || action === undefined) throw new Error(`a page without a form: ${response.status}`)
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? ''
      form = new URLSearchParams({ prompt, ...(prompt === 'login' ? { login: person, password: 'any' } : {}) })
      url = new URL(action, url)
    }
  }
  throw new Error('the authorization server redirects without end')
}
