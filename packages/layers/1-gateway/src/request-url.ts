/**
 * The URL of a request as the public knows it: the configured origin and the request's path and query. Undefined for a target that is
 * neither an absolute path nor an absolute URL.
 *
 * INVARIANT: neither the Host header nor an absolute-form target chooses the origin that proofs are compared with.
 */
export function requestUrl(target: string, origin: string): URL | undefined {
  // attacker-controlled: `target`. Joined as text: resolving `//other.example/` as a reference would change the host.
  if (target.startsWith('/')) return URL.canParse(origin + target) ? new URL(origin + target) : undefined
  if (!URL.canParse(target)) return undefined
  const { protocol, pathname, search } = new URL(target)
  return /^https?:$/.test(protocol) ? new URL(origin + pathname + search) : undefined
}
