/** One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const MOST_CHARACTERS = 8_192
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const PARAMETER = new RegExp(`(${TOKEN})[ \\t]*=[ \\t]*(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")`, 'y')
const SCHEME = new RegExp(`(${TOKEN})(?:[ \\t]+|$|(?=,))`, 'y')
const SEPARATOR = /[ \t]*(?:,[ \t]*)*/y

/**
 * Reads the challenges of an answer, as far as they are well formed. Our own, because the installed OAuth clients keep theirs to
 * themselves. A parameter that is there twice counts for nothing, so that nobody is told two things.
 */
export function readChallenges(headers: Headers): readonly Challenge[] {
  // attacker-controlled: the header.
  const text = headers.get('www-authenticate') ?? ''
  if (text.length > MOST_CHARACTERS) return []
  const challenges: { scheme: string; parameters: Map<string, string>; repeated: Set<string> }[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match
  }
  while (at < text.length) {
    take(SEPARATOR)
    const parameter = challenges.length > 0 ? take(PARAMETER) : null
    if (!parameter) {
      const scheme = take(SCHEME)
      if (!scheme) break
      challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters: new Map(), repeated: new Set() })
      continue
    }
    const [, name = '', token, quoted = ''] = parameter
    const { parameters, repeated } = challenges.at(-1) ?? { parameters: new Map(), repeated: new Set() }
    const key = name.toLowerCase()
    if (parameters.has(key) || repeated.has(key)) {
      repeated.add(key)
      parameters.delete(key)
    } else parameters.set(key, token ?? quoted.replaceAll(/\\(.)/g, '$1'))
  }
  return challenges.map(({ scheme, parameters }) => ({ scheme, parameters }))
}
