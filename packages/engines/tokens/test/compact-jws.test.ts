import fc from 'fast-check'
import { decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { readCompactJws } from '../src/compact-jws.ts'

const encode = (value: string | Uint8Array) => Buffer.from(value).toString('base64url')
const decode = (segment: string) => Buffer.from(segment, 'base64url')

const alphabet = 'ABCXYZabcxyz0189-_+/=. \n'
const character = fc.constantFrom(...alphabet)
/** JSON as nobody writes it: members twice, escapes, numbers beyond their type, nesting, bytes that are no UTF-8. */
const odd = fc.constantFrom('"alg"', '"a\\u006cg"', '"typ"', '"kid"', '"crit"', '"b64"', '"__proto__"', '"sub"')
const member = fc.oneof({ weight: 4, arbitrary: fc.string({ maxLength: 4 }).map((text) => JSON.stringify(text)) }, odd)
const value = fc.oneof(
  { weight: 4, arbitrary: fc.json({ maxDepth: 3 }) },
  fc.constantFrom('"ES256"', '"at+jwt"', '1e999', '-0', '[]', '{}', 'null', '"\\ud800"', '9007199254740993', '01', ''),
)
const members = fc
  .array(fc.tuple(member, value), { maxLength: 3 })
  .map((list) => list.map(([name, text]) => `${name}:${text}`))
const object = members.map((list) => `{${list.join(',')}}`)
const json = fc.oneof(object, value, fc.string({ unit: 'binary' }))
const segment = fc.oneof(
  json.map(encode),
  fc.uint8Array({ maxLength: 40 }).map(encode),
  fc.string({ unit: character, maxLength: 20 }),
)
const header = fc.oneof(
  segment,
  members.map((list) => encode(`{${['"alg":"ES256"', ...list].join(',')}}`)),
)
const near = fc.tuple(header, object.map(encode), fc.uint8Array({ minLength: 1, maxLength: 8 }).map(encode))
const compact = fc.oneof(
  near.map((segments) => segments.join('.')),
  fc.tuple(header, segment, segment).map((segments) => segments.join('.')),
  fc.array(segment, { maxLength: 5 }).map((segments) => segments.join('.')),
  fc.string({ unit: fc.oneof(character, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), maxLength: 60 }),
)

test(proves('gateway:jws:strict', 'whatever is sent'), () => {
  let read = 0
  fc.assert(
    fc.property(compact, (text) => {
      const jws = readCompactJws(text)
      if (!jws) return
      read += 1
      const segments = text.split('.')
      expect(segments).toHaveLength(3)
      const [head = '', payload = '', signature = ''] = segments
      // One value, one spelling.
      expect(segments.map(decode).map(encode)).toEqual(segments)
      expect(jws.header).toEqual(decodeProtectedHeader(text))
      expect(jws.payload).toEqual(JSON.parse(decode(payload).toString('utf8')))
      expect([jws.headerSegment, Buffer.from(jws.signature), String(jws.signingInput)]).toEqual([
        head,
        decode(signature),
        `${head}.${payload}`,
      ])
      for (const part of [head, payload]) {
        // Nothing was lost in reading: no member came twice.
        const again = JSON.stringify(JSON.parse(decode(part).toString('utf8')))
        expect(again).not.toMatch(/"(__proto__|constructor|prototype)":/)
        expect(decode(part).toString('utf8').match(/:/g)?.length ?? 0).toBe(again.match(/:/g)?.length ?? 0)
      }
      expect(Object.keys(jws.header).filter((name) => ['crit', 'b64', 'zip', 'enc'].includes(name))).toEqual([])
    }),
    { numRuns: runs(10_000) },
  )
  // Some of what is generated is well-formed: the assertions above were reached.
  expect(read).toBeGreaterThan(100)
})

const plain = fc.dictionary(
  fc
    .string({ maxLength: 8 })
    .filter((name) => !/^(__proto__|constructor|prototype|alg|typ|kid|crit|b64|zip|enc)$/.test(name)),
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string(), { maxLength: 3 })),
  { maxKeys: 6 },
)

test(proves('gateway:jws:read'), () => {
  fc.assert(
    fc.property(plain, plain, fc.uint8Array({ minLength: 1, maxLength: 64 }), (more, payload, signature) => {
      const head = { ...more, alg: 'ES256', typ: 'application/AT+jwt', kid: 'k' }
      const text = `${encode(JSON.stringify(head))}.${encode(JSON.stringify(payload))}.${encode(signature)}`
      expect(readCompactJws(text)).toMatchObject({ type: 'at+jwt', algorithm: 'ES256', header: head, payload })
    }),
    { numRuns: runs(2_000) },
  )
})
