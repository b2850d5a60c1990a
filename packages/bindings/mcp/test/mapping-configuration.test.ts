import { defineTables } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { validateConfiguration } from '../src/validate-configuration.ts'

const text = { type: 'text' }

/** Everything that a mapping may say. */
const tables = defineTables({
  'public.notes': {
    entity: 'Note',
    key: 'id',
    columns: {
      id: text,
      team: { ...text, attribute: 'team', entity: 'Team' },
      a: { ...text, class: 'a', mask: { kind: 'null' } },
      b: { ...text, class: 'a', mask: { kind: 'constant', text: 'x' } },
      c: { ...text, class: 'a', mask: { kind: 'last', keep: 4 } },
      d: { ...text, class: 'a', mask: { kind: 'hash', domain: 'people' }, hiddenColumns: 'null' },
      e: { type: 'date', class: 'a', mask: { kind: 'year' } },
      f: { type: 'integer', class: 'a', mask: { kind: 'bucket', width: 10 } },
      g: { ...text, class: 'a', mask: { kind: 'custom', name: 'initial' }, partialCells: 'null' },
      secret: { type: 'boolean' },
    },
    members: { readers: { view: 'public.readers', key: 'note', column: 'reader', type: 'text', entity: 'User' } },
    parents: { Team: { column: 'team' } },
    partialCells: 'null',
    hiddenColumns: 'null',
    labels: { secret: { column: 'secret' } },
  },
})
const base = {
  resource: 'https://mcp.example/mcp',
  issuers: [{ issuer: 'https://login.example', jwksUri: 'https://login.example/jwks' }],
  tools: {},
}

test(proves('execution:mapping:configured'), () => {
  expect(validateConfiguration({ ...base, tables }, 'lockstep.config.ts')).toMatchObject({ tables })
  const wrong = { 'public.notes': { ...tables['public.notes'], hiddenColumns: 'shown' } }
  expect(() => validateConfiguration({ ...base, tables: wrong }, 'lockstep.config.ts')).toThrow(
    /configuration\.invalid/,
  )
})
