const SCHEMA = 'packages/engines/policy/src/schema'
const GENERATED = ['packages/engines/policy/test/generate-schema.test.ts']
const ACCEPTED = ['test/differential/policy-schema.test.ts']
const CHECKED = ['packages/lockstep/test/policy-check.test.ts']
const MANIFEST = ['test/e2e/manifest.test.ts']

export const policySchema = [
  {
    id: 'null-required-in-a-generated-schema',
    file: `${SCHEMA}/json-shape.ts`,
    find: '(is.required.has(name) || shape.filled) && !shape.nullable',
    replace: 'is.required.has(name) || shape.filled',
    suite: [...GENERATED, ...ACCEPTED],
  },
  {
    id: 'default-inside-a-default-counts-as-filled',
    file: `${SCHEMA}/map-json-schema.ts`,
    find: 'filled: hasDefault && !walk.preset',
    replace: 'filled: hasDefault',
    suite: ACCEPTED,
  },
  {
    id: 'keyword-that-is-not-mapped-unnamed',
    file: `${SCHEMA}/map-json-schema.ts`,
    find: "    walk.tell({ pointer: pointerTo(pointer, keyword), says: 'is a keyword that is not mapped' })\n",
    replace: '',
    suite: GENERATED,
  },
  {
    id: 'reference-followed-for-ever',
    file: `${SCHEMA}/map-json-schema.ts`,
    find: "  if (walk.following.includes(reference)) return [unmapped(at, 'refers to itself', walk)]\n",
    replace: '',
    suite: GENERATED,
  },
  {
    id: 'comment-broken-by-a-line-feed',
    file: `${SCHEMA}/print-schema.ts`,
    find: ".replace(/[\\n\\r\\u0085\\u2028\\u2029]+/g, ' ')",
    replace: '',
    suite: GENERATED,
  },
  {
    id: 'argument-that-is-gone-unnoticed',
    file: `${SCHEMA}/compare-arguments.ts`,
    find: 'if (gap) return []',
    replace: 'return []',
    suite: CHECKED,
  },
  {
    id: 'undeclared-member-of-arguments-visible',
    file: 'packages/layers/3-invocation/src/visible-arguments.ts',
    find: 'return isJsonObject(value) ? declared(shape.members, value) : value',
    replace: 'return value',
    suite: ['packages/layers/3-invocation/test/visible-arguments.test.ts', ...ACCEPTED],
  },
  {
    id: 'server-that-differs-from-the-manifest-accepted',
    file: 'packages/bindings/mcp/src/tool-catalog.ts',
    find: '      compare(tool, schema)\n',
    replace: '',
    suite: MANIFEST,
  },
  {
    id: 'arguments-that-differ-from-the-manifest-run',
    file: 'packages/bindings/mcp/src/guard-handler.ts',
    find: 'takesArguments && isByManifest(decided) && !sameArguments(decided, parts[0])',
    replace: 'false',
    suite: MANIFEST,
  },
]
