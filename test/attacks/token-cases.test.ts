import { expect, test } from 'vitest'
import { casesOf } from '../../packages/layers/1-gateway/test/attack.ts'
import { files, read } from '../house/workspace.ts'
import { proves } from '../requirements/index.ts'

const AREAS = [
  'JWT access token',
  'Credential carriage and DPoP',
  'mTLS / SPIFFE',
  'Forwarded identity, discovery, transport',
  'Transaction token and parameters',
  'Step-up and approval',
] as const

/** The cases that need a part that is not built: everything else has a test. */
const NOT_YET: Readonly<Record<string, string>> = {
  T218: 'an edge proxy that is trusted to forward an identity',
}

/** A case is tried where a test, or an entry of a table of attacks, is named after it. */
const NAMED = /\b(?:proves|id)\([^)]*?\b(T\d+)\b|^ {2}(?:(T\d+): [^'"\s]| {2}\['(T\d+), )/gm

const tried = new Set(
  files()
    .filter((path) => /(^|\/)test\/.*\.ts$/.test(path) && !/^test\/(requirements|attacks\/token-cases)/.test(path))
    .flatMap((path) =>
      [...read(path).matchAll(NAMED)].flatMap(([, ...names]) => names.filter((name) => name !== undefined)),
    ),
)

test.each(AREAS)(proves('attacks:tokens:cases', '%s'), (area) => {
  const ids = casesOf(area).map(({ id }) => id)
  expect(ids.length).toBeGreaterThan(8)
  expect(ids.filter((id) => !tried.has(id) && !Object.hasOwn(NOT_YET, id))).toEqual([])
  expect(ids.filter((id) => tried.has(id) && Object.hasOwn(NOT_YET, id))).toEqual([])
})
