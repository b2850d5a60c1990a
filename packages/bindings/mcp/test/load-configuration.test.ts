import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { loadConfiguration } from '../src/load-configuration.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-config-'))
const cwd = process.cwd()
afterEach(() => process.chdir(cwd))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const VALID = `{ resource: 'https://mcp.example.com/mcp', issuers: [{ issuer: 'https://a' }], tools: {} }`

describe('loadConfiguration', () => {
  test(proves('edge:configuration-file'), async () => {
    write('part.ts', `export interface Part { readonly resource: string }\nexport const part = ${VALID} satisfies Part`)
    const file = write('lockstep.config.ts', `import { part } from './part.ts'\nexport default part as object`)
    mkdirSync(join(folder, 'deep', 'er'), { recursive: true })
    process.chdir(join(folder, 'deep', 'er'))
    const found = await loadConfiguration()
    expect(found.folder).toBe(folder)
    expect(found.configuration.resource).toBe('https://mcp.example.com/mcp')
    expect((await loadConfiguration(file)).configuration).toEqual(found.configuration)
    rmSync(file)
  })

  test(proves('edge:configuration', 'file'), async () => {
    const expectFault = async (text: string, fault: RegExp) => {
      const file = write(`broken-${Math.random()}.ts`, text)
      await expect(loadConfiguration(file)).rejects.toThrow(fault)
    }
    await expect(loadConfiguration(join(folder, 'nothing.ts'))).rejects.toMatchObject({ code: 'configuration.missing' })
    await expectFault('export default {', /broken-.*configuration\.unreadable/s)
    await expectFault('export const config = 1', /broken-.*configuration\.invalid/s)
    await expectFault(`export default { ...${VALID}, issuer: [] }`, /Unrecognized key: "issuer"/)
    await expectFault(`export default { ...${VALID}, issuers: [] }`, /`issuers`/)
    await expectFault(`export default { ...${VALID}, verification: 'quick' }`, /`verification`/)
    await expectFault(`export default { ...${VALID}, publicPaths: ['/mcp'] }`, /`publicPaths`.*cannot be public/)
    await expectFault(`export default { ...${VALID}, limits: { bodyBytes: -1 } }`, /`limits\.bodyBytes`/)
  })
})
