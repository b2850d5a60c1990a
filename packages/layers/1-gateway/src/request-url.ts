/** The URL of a request as the public knows it; undefined for a target that is neither an absolute path nor an absolute URL. */
export type RequestUrl = (target: string) => URL | undefined

/**
 * Creates what reads request targets: the origin is that of the configured resource, path and query are the request's.
 *
 * INVARIANT: neither the Host header nor an absolute-form target chooses the origin that proofs are compared with.
 */
export function createRequestUrl(resource: string): RequestUrl {
  const own = new URL(resource)
  const { origin, pathname, href } = own
  // Nearly every request is for the resource itself.
  return (target) => (target === pathname || target === href ? own : joinTarget(target, origin))
}

function joinTarget(target: string, origin: string): URL | undefined {
  // attacker-controlled: `target`. Joined as text: resolving `//other.example/` as a reference would change the host.
  if (target.startsWith('/')) return URL.canParse(origin + target) ? new URL(origin + target) : undefined
  if (!URL.canParse(target)) return undefined
  const { protocol, pathname, search } = new URL(target)
  return /^https?:$/.test(protocol) ? new URL(origin + pathname + search) : undefined
}
