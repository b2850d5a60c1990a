import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LockstepError } from '@lockstep/core'
import { createJiti } from 'jiti'
import type { LockstepConfiguration } from './configuration.ts'
import { validateConfiguration } from './validate-configuration.ts'

const NAMES = ['lockstep.config.ts', 'lockstep.config.mts', 'lockstep.config.js', 'lockstep.config.mjs']

/** A configuration with the folder that its relative paths start from. */
export interface LoadedConfiguration {
  readonly configuration: LockstepConfiguration
  readonly folder: string
}

/**
 * Loads a configuration file: the one named, else the nearest `lockstep.config.*` from the working folder upward, else from
 * the folder of the started script upward. TypeScript loads on every supported Node version (through jiti).
 *
 * @throws LockstepError `configuration.missing`, `configuration.unreadable` or `configuration.invalid`, naming the file
 */
export async function loadConfiguration(path?: string): Promise<LoadedConfiguration> {
  const file = path ? resolve(path) : find()
  if (!file || !existsSync(file)) throw new LockstepError('configuration.missing', file)
  let value: unknown
  try {
    value = await importDefault(file)
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
    throw new LockstepError('configuration.unreadable', `${file}: ${reason}`, { cause: error })
  }
  return { configuration: validateConfiguration(value, file), folder: dirname(file) }
}

/** JavaScript is imported as everything else is, so that it shares its modules with the application. */
async function importDefault(file: string): Promise<unknown> {
  if (/\.m?ts$/.test(file)) return createJiti(import.meta.url, { moduleCache: false }).import(file, { default: true })
  const module: unknown = await import(pathToFileURL(file).href)
  return typeof module === 'object' && module !== null ? Reflect.get(module, 'default') : undefined
}

function find(): string | undefined {
  const started = process.argv[1]
  return upward(process.cwd()) ?? (started ? upward(dirname(started)) : undefined)
}

function upward(folder: string): string | undefined {
  const found = NAMES.map((name) => join(folder, name)).find((file) => existsSync(file))
  if (found) return found
  const parent = dirname(folder)
  return parent === folder ? undefined : upward(parent)
}
