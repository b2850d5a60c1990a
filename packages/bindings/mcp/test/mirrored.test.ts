import type { JsonObject } from '@lockstep/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { readMessage } from '../src/message.ts'
import { decodeHeader } from '../src/mirrored/decode-header.ts'
import { headersAgree } from '../src/mirrored/headers-agree.ts'
import { mirroredParameters } from '../src/mirrored/mirrored-parameters.ts'
import { parametersAgree } from '../src/mirrored/parameters-agree.ts'

const NEW = '2026-07-28'
const encode = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`
type Sent = Readonly<Record<string, string | readonly string[]>>
const from = (headers: Sent) => (name: string) => {
  const value = headers[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

function agree(headers: Sent, body: JsonObject, version?: string): boolean {
  const meta = version === undefined ? {} : { _meta: { 'io.modelcontextprotocol/protocolVersion': version } }
  const { params, ...rest } = { params: {}, ...body }
  const message = readMessage({ jsonrpc: '2.0', ...rest, params: { ...params, ...meta } })
  if (!message) throw new Error('no message')
  return headersAgree(message, from(headers))
}

describe('standard headers', () => {
  const call = { id: 1, method: 'tools/call', params: { name: 'greet', arguments: {} } }
  const whole = { 'mcp-protocol-version': NEW, 'mcp-method': 'tools/call', 'mcp-name': 'greet' }
  const cases: readonly (readonly [
    says: string,
    expected: boolean,
    headers: Sent,
    version?: string,
    body?: JsonObject,
  ])[] = [
    ['all of them', true, whole, NEW],
    ['the name encoded', true, { ...whole, 'mcp-name': encode('greet') }, NEW],
    ['no version, though the body states it', false, { 'mcp-method': 'tools/call', 'mcp-name': 'greet' }, NEW],
    ['no method', false, { 'mcp-protocol-version': NEW, 'mcp-name': 'greet' }, NEW],
    ['no name', false, { 'mcp-protocol-version': NEW, 'mcp-method': 'tools/call' }, NEW],
    ['no name, demanded by the header alone', false, { 'mcp-protocol-version': NEW, 'mcp-method': 'tools/call' }],
    ['a later revision', false, { 'mcp-protocol-version': '2027-01-01' }, '2027-01-01'],
    ['another version', false, { ...whole, 'mcp-protocol-version': '2025-11-25' }, NEW],
    ['another version, both old', false, { 'mcp-protocol-version': '2025-06-18' }, '2025-11-25'],
    ['another method', false, { ...whole, 'mcp-method': 'tools/list' }, NEW],
    ['the method in another case', false, { ...whole, 'mcp-method': 'Tools/Call' }, NEW],
    ['another name', false, { ...whole, 'mcp-name': 'wide' }, NEW],
    ['the name in another case', false, { ...whole, 'mcp-name': 'Greet' }, NEW],
    ['the name twice', false, { ...whole, 'mcp-name': ['greet', 'greet'] }, NEW],
    ['the method twice', false, { ...whole, 'mcp-method': ['tools/call', 'tools/list'] }, NEW],
    ['the version twice', false, { ...whole, 'mcp-protocol-version': [NEW, '2025-11-25'] }, NEW],
    ['an older client that sends none', true, { 'mcp-protocol-version': '2025-11-25' }],
    ['the oldest, without a version', true, {}],
    ['an older client that sends a wrong one', false, { 'mcp-method': 'tools/list' }],
    [
      'a list needs no name',
      true,
      { 'mcp-protocol-version': NEW, 'mcp-method': 'tools/list' },
      NEW,
      { id: 1, method: 'tools/list' },
    ],
    ['a notification need not mirror', true, { 'mcp-protocol-version': NEW }, NEW, { method: 'notifications/x' }],
    ['but not wrongly', false, { 'mcp-method': 'ping' }, NEW, { method: 'notifications/x' }],
    [
      'a resource by its URI',
      true,
      { ...whole, 'mcp-method': 'resources/read', 'mcp-name': 'file:///a' },
      NEW,
      { id: 1, method: 'resources/read', params: { uri: 'file:///a', name: 'b' } },
    ],
    [
      'a resource by another',
      false,
      { ...whole, 'mcp-method': 'resources/read', 'mcp-name': 'b' },
      NEW,
      { id: 1, method: 'resources/read', params: { uri: 'file:///a', name: 'b' } },
    ],
    ['a name that the body does not have', false, whole, NEW, { id: 1, method: 'tools/call', params: {} }],
    [
      'a name that is no text',
      false,
      { ...whole, 'mcp-name': '1' },
      NEW,
      { id: 1, method: 'tools/call', params: { name: 1 } },
    ],
  ]
  for (const [says, expected, headers, version, body = call] of cases) {
    test(proves('admission:mirrored:standard', says), () => expect(agree(headers, body, version)).toBe(expected))
  }
})

describe('values', () => {
  // The table of the specification.
  test.each([
    ['us-west1', 'us-west1'],
    ['=?base64?SGVsbG8sIOS4lueVjA==?=', 'Hello, 世界'],
    ['=?base64?IHBhZGRlZCA=?=', ' padded '],
    ['=?base64?bGluZTEKbGluZTI=?=', 'line1\nline2'],
    ['=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=', '=?base64?literal?='],
    ['=?base64??=', ''],
    ['=?BASE64?YQ==?=', '=?BASE64?YQ==?='],
  ])(proves('admission:mirrored:encoding', '%s'), (header, value) => expect(decodeHeader(header)).toBe(value))

  test.each([
    ['not padded', '=?base64?YQ?='],
    ['padded twice', '=?base64?YWI==?='],
    ['bits left over', '=?base64?YR==?='],
    ['the alphabet of URLs', '=?base64?_-_-?='],
    ['a space inside', '=?base64?YW Jj?='],
    ['another encoding inside', '=?base64?YQ==?= =?base64?Yg==?='],
    ['no UTF-8', '=?base64?/w==?='],
    ['a surrogate', '=?base64?7aCA?='],
    ['text that is not ASCII', 'caf\u00e9'],
    ['a control', 'a\u0001'],
  ])(proves('admission:mirrored:encoding', '%s'), (_, header) => expect(decodeHeader(header)).toBeUndefined())

  test(proves('admission:mirrored:encoding', 'every text has exactly one encoded form'), () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.nat(200),
        fc.string({ minLength: 1, maxLength: 1 }),
        (text, at, other) => {
          const header = encode(text)
          expect(decodeHeader(header)).toBe(text)
          const changed = header.slice(0, at) + other + header.slice(at + 1)
          const read = decodeHeader(changed)
          // A changed header states another text, or itself when it is no longer an encoded one.
          if (changed !== header && read !== undefined) expect(read).not.toBe(text)
        },
      ),
      { numRuns: runs(500) },
    )
  })
})

describe('parameters', () => {
  const schema = {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      deep: { type: 'object', properties: { count: { type: 'integer', 'x-mcp-header': 'Count' } } },
      dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' },
    },
  }
  const parameters = mirroredParameters(schema)
  const whole = { 'mcp-param-region': 'eu', 'mcp-param-count': '42', 'mcp-param-dry-run': 'true' }
  const args = { region: 'eu', deep: { count: 42 }, dry: true }
  const cases: readonly (readonly [
    says: string,
    expected: boolean,
    headers: Sent,
    args?: JsonObject,
    demanded?: boolean,
  ])[] = [
    ['all of them', true, whole],
    ['one encoded', true, { ...whole, 'mcp-param-region': encode('eu') }],
    ['a number in another form', true, { ...whole, 'mcp-param-count': '42.0' }],
    ['a number in no form', false, { ...whole, 'mcp-param-count': '0x2a' }],
    ['another number', false, { ...whole, 'mcp-param-count': '43' }],
    ['another text', false, { ...whole, 'mcp-param-region': 'us' }],
    ['another boolean', false, { ...whole, 'mcp-param-dry-run': 'True' }],
    ['one twice', false, { ...whole, 'mcp-param-region': ['eu', 'eu'] }],
    ['one badly encoded', false, { ...whole, 'mcp-param-region': '=?base64?ZXU?=' }],
    ['one missing', false, { ...whole, 'mcp-param-count': [] }],
    ['one missing, of an older client', true, {}, args, false],
    ['one wrong, of an older client', false, { 'mcp-param-region': 'us' }, args, false],
    ['a value that is absent or null', true, { 'mcp-param-region': 'eu' }, { region: 'eu', deep: {}, dry: null }],
    ['a header for a value that is absent', false, whole, { region: 'eu', deep: { count: 42 } }],
    ['a value of another type', false, { ...whole, 'mcp-param-count': '42' }, { ...args, deep: { count: '42' } }],
    ['a value of a prototype', true, { 'mcp-param-region': 'eu' }, { region: 'eu', deep: [] }],
    ['a header that the schema does not name', true, { ...whole, 'mcp-param-other': 'x' }],
  ]
  for (const [says, expected, headers, given = args, demanded = true] of cases) {
    test(proves('admission:mirrored:parameters', says), () =>
      expect(parametersAgree(parameters, given, from(headers), demanded)).toBe(expected),
    )
  }

  test(proves('admission:mirrored:annotations'), () => {
    expect(parameters).toEqual([
      { header: 'region', path: ['region'], type: 'string' },
      { header: 'count', path: ['deep', 'count'], type: 'integer' },
      { header: 'dry-run', path: ['dry'], type: 'boolean' },
    ])
    const one = (property: JsonObject) => mirroredParameters({ type: 'object', properties: { a: property } })
    const mark = { 'x-mcp-header': 'A' }
    expect(one({ type: 'string', ...mark })).toHaveLength(1)
    for (const unsound of [
      { type: 'number', ...mark },
      { type: 'object', ...mark },
      mark,
      { type: 'string', 'x-mcp-header': 'a b' },
      { type: 'string', 'x-mcp-header': '' },
      { type: 'array', items: { type: 'string', ...mark } },
      { anyOf: [{ type: 'string', ...mark }] },
      { type: 'string', ...mark, not: { type: 'string', 'x-mcp-header': 'B' } },
    ]) {
      expect(one(unsound), JSON.stringify(unsound)).toEqual([])
    }
    const twice = { a: { type: 'string', 'x-mcp-header': 'A' }, b: { type: 'string', 'x-mcp-header': 'a' } }
    expect(mirroredParameters({ type: 'object', properties: twice })).toEqual([])
    expect(mirroredParameters({ type: 'string', ...mark })).toEqual([])
    expect([mirroredParameters(undefined), mirroredParameters(true), mirroredParameters([])]).toEqual([[], [], []])
  })
})
