import { pathToFileURL } from 'node:url'
import { createJiti } from 'jiti'

/**
 * Imports the default export of a module: TypeScript on every supported Node version (through jiti), JavaScript as everything else is imported,
 * so that it shares its modules with the application. Rejects with whatever the module threw.
 */
export async function importDefault(file: string): Promise<unknown> {
  if (/\.m?ts$/.test(file)) return createJiti(import.meta.url, { moduleCache: false }).import(file, { default: true })
  const module: unknown = await import(pathToFileURL(file).href)
  return typeof module === 'object' && module !== null ? Reflect.get(module, 'default') : undefined
}
