/** The cookies of one visit to one server. */
export interface CookieJar {
  /** Keeps what an answer sets, and forgets what it clears. */
  keep(response: Response): void
  /** The `Cookie` header. */
  header(): string
}

/** Makes an empty jar. It knows one server and no paths, which is all that a played sign-in needs; cookie libraries know the web. */
export function createCookieJar(): CookieJar {
  const cookies = new Map<string, string>()
  return {
    keep(response) {
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';', 1)
        const at = pair.indexOf('=')
        const value = pair.slice(at + 1)
        if (value) cookies.set(pair.slice(0, at), value)
        else cookies.delete(pair.slice(0, at))
      }
    },
    header: () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  }
}
