import { visibleText } from '@lockstep/core'

/** A URI with holes, of which every value has one spelling. */
export interface UriTemplate {
  readonly text: string
  readonly variables: readonly string[]
  /** The values of the variables in a URI; `undefined` for a URI that is not one of these, or not in its one spelling. */
  match(uri: string): Readonly<Record<string, string>> | undefined
  /** The URI of these values. Throws `TypeError` for a variable without one. */
  expand(values: Readonly<Record<string, unknown>>): string
}

/** Longer URIs are nobody's names. */
const MOST_CHARACTERS = 2048
const EXPRESSION = /\{([^{}]*)\}/g
const NAME = /^[A-Za-z_]\w{0,63}$/
/** What a simple expression expands to (RFC 6570 section 3.2.2): unreserved characters, and the others percent-encoded, in capitals. */
const VALUE = '((?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+)'
/** What a URI is written in (RFC 3986 section 2), without what is encoded. */
const LITERAL = /^[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]*$/
const RESERVED = /[:/?#[\]@!$&'()*+,;=]/

/**
 * Reads a template of RFC 6570 with simple expressions of one variable each.
 *
 * INVARIANT: a URI that matches is what every reader takes it for: it expands from its own values to the same text, and a URL parser leaves it as it
 * is. Encoded slashes, dots that climb, values that would be decoded twice and hidden characters are in none.
 *
 * @throws TypeError saying what is wrong with the template
 */
export function parseUriTemplate(text: string): UriTemplate {
  const literals = text.split(EXPRESSION).filter((_, index) => index % 2 === 0)
  const variables = [...text.matchAll(EXPRESSION)].map(([, name = '']) => name)
  const odd = variables.find((name) => !NAME.test(name))
  if (odd !== undefined) throw new TypeError(`\`{${odd}}\` is no simple expression of one variable`)
  if (new Set(variables).size < variables.length) throw new TypeError('a variable is named twice')
  if (literals.slice(1, -1).some((between) => !RESERVED.test(between))) {
    throw new TypeError('between two variables a character must stand that no value holds, as `/`')
  }
  const pattern = new RegExp(`^${literals.map(escapeLiteral).join(VALUE)}$`)
  const expand: UriTemplate['expand'] = (values) =>
    literals.reduce((uri, literal, index) => {
      const value = values[variables[index - 1] ?? '']
      if (typeof value !== 'string') throw new TypeError(`no value for \`${variables[index - 1]}\``)
      return uri + encodeValue(value) + literal
    })
  const sample = expand(Object.fromEntries(variables.map((name) => [name, 'a'])))
  if (
    !/^[a-z][a-z0-9+.-]*:/.test(literals[0] ?? '') ||
    !literals.every((one) => LITERAL.test(one)) ||
    !isAsParsed(sample)
  ) {
    throw new TypeError('it is no absolute URI in the spelling that URL parsers give it')
  }

  return {
    text,
    variables,
    expand,
    match(uri) {
      // attacker-controlled: `uri`.
      if (uri.length > MOST_CHARACTERS) return undefined
      const [, ...raw] = pattern.exec(uri) ?? []
      if (raw.length === 0 && uri !== text) return undefined
      const values = raw.map(decodeValue)
      if (!values.every((value) => value !== undefined)) return undefined
      const found = Object.fromEntries(variables.map((name, index) => [name, values[index] ?? '']))
      return expand(found) === uri && isAsParsed(uri) ? found : undefined
    },
  }
}

/** The value as it is meant; `undefined` for one that is, or might be taken for, a way to somewhere else. */
function decodeValue(raw: string): string | undefined {
  let value: string
  try {
    value = decodeURIComponent(raw)
  } catch {
    return undefined
  }
  // A `%` would be decoded again by whoever decodes once too often.
  const leads = value === '.' || value === '..' || /[/\\%]/.test(value)
  return leads || visibleText(value) !== value || value.trim() === '' ? undefined : value
}

function encodeValue(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
}

function isAsParsed(uri: string): boolean {
  return URL.canParse(uri) && new URL(uri).href === uri
}

function escapeLiteral(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
