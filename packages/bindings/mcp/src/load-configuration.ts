import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { LockstepError } from '@lockstep/core'
import type { LockstepConfiguration } from './configuration.ts'
import { importDefault } from './import-default.ts'
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
