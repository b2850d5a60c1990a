import fc from 'fast-check'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { parseUriTemplate } from '../src/reached/uri-template.ts'

test(proves('reach:uri:one-spelling', 'generated'), () => {
  const template = parseUriTemplate('files://{folder}/{name}.txt')
  const piece = fc.oneof(
    fc.constantFrom(
      'a',
      '.',
      '..',
      '/',
      '\\',
      '%2F',
      '%2f',
      '%252F',
      '%',
      '%00',
      '\u202e',
      '%E2%80%AE',
      '?',
      '#',
      '@',
      ':',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, text, (folder, name) => {
      for (const uri of [
        `files://${folder}/${name}.txt`,
        `files://${encodeURIComponent(folder.toWellFormed())}/${name}.txt`,
      ]) {
        const values = template.match(uri)
        if (!values) continue
        expect(template.expand(values)).toBe(uri)
        expect(new URL(uri).href).toBe(uri)
        for (const value of Object.values(values)) {
          expect(value).not.toMatch(/[/\\%\p{Cc}\p{Cf}]|^\.{1,2}$/u)
          expect(decodeURIComponent(value)).toBe(value)
        }
      }
    }),
    { numRuns: 500 },
  )
  expect(template.match('files://a/b.txt')).toEqual({ folder: 'a', name: 'b' })
  expect(template.match('files://a/b.txt.txt')).toEqual({ folder: 'a', name: 'b.txt' })
})

test.each([
  ['a slash that is encoded', 'files://a%2Fb'],
  ['a backslash that is encoded', 'files://a%5Cb'],
  ['dots that climb', 'files://..'],
  ['dots that climb, encoded', 'files://%2E%2E'],
  ['dots that climb, half encoded', 'files://.%2e'],
  ['a path that climbs', 'files://a/../b'],
  ['what would be decoded twice', 'files://a%252Fb'],
  ['small letters in an escape', 'files://caf%c3%a9'],
  ['an escape of what needs none', 'files://%61'],
  ['an escape of no character', 'files://%FF'],
  ['an escape that is cut', 'files://a%4'],
  ['a null', 'files://a%00'],
  ['a hidden character', 'files://a%E2%80%8B'],
  ['a line end', 'files://a%0A'],
  ['a blank', 'files://%20'],
  ['a letter that is not escaped', 'files://café'],
  ['another scheme', 'FILES://a'],
  ['a blank before', ' files://a'],
  ['a line end behind', 'files://a\n'],
  ['a tab that parsers drop', 'files://a\tb'],
  ['a query', 'files://a?b'],
  ['a fragment', 'files://a#b'],
  ['a user', 'files://u@a'],
  ['an empty value', 'files://'],
  ['one that is too long', `files://${'a'.repeat(2048)}`],
])(proves('reach:uri:one-spelling', '%s'), (_what, uri) => {
  expect(parseUriTemplate('files://{id}').match(uri)).toBeUndefined()
})

test(proves('reach:uri:one-spelling', 'a host that parsers write otherwise'), () => {
  const { match } = parseUriTemplate('https://{host}/note')
  expect(match('https://a.example/note')).toEqual({ host: 'a.example' })
  for (const host of ['A.example', '0x7f', '1.2', 'a%2Eexample', 'xn--a']) {
    expect(match(`https://${host}/note`), host).toBeUndefined()
  }
})

test(proves('reach:uri:one-spelling', 'any script'), () => {
  const template = parseUriTemplate('files://{id}')
  for (const id of ['42', 'a-b_c.d~e', 'café', '日本', "o'neill (2)", 'a&b=c', '🙂']) {
    const uri = template.expand({ id })
    expect(template.match(uri), uri).toEqual({ id })
  }
})

test.each([
  ['files://{+path}', 'no simple expression'],
  ['files://{a,b}', 'no simple expression'],
  ['files://x{?q}', 'no simple expression'],
  ['files://{a*}', 'no simple expression'],
  ['files://{}', 'no simple expression'],
  ['files://{a}/{a}', 'named twice'],
  ['files://{a}{b}', 'between two variables'],
  ['files://{a}.{b}', 'between two variables'],
  ['{scheme}://a', 'no absolute URI'],
  ['files/{a}', 'no absolute URI'],
  ['files://a/../{b}', 'no absolute URI'],
  ['Files://{b}', 'no absolute URI'],
  ['files://{a', 'no absolute URI'],
  ['https://host', 'no absolute URI'],
])(proves('reach:uri:declared', '%s'), (text, says) => {
  expect(() => parseUriTemplate(text)).toThrow(says)
})
