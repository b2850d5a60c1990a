import { AssertionError } from 'node:assert'
import type { ErrorCode } from '@lockstep/core'

/**
 * Expects something to be refused with one code, and for no other reason. Takes what a layer answers (`Outcome`), what a handler throws
 * (LockstepError), what an MCP client throws, and an HTTP response of `fetch` or supertest; or a promise of any of them. Rejects with
 * an AssertionError that names both codes and nothing of the answer.
 */
export async function expectDenied(actual: unknown, code: ErrorCode): Promise<void> {
  const found = await findCode(actual)
  if (found === code) return
  throw new AssertionError({
    message:
      found === undefined
        ? `expected a denial with \`${code}\`, got no denial`
        : `expected \`${code}\`, got \`${found}\``,
    actual: found,
    expected: code,
    stackStartFn: expectDenied,
  })
}

async function findCode(actual: unknown): Promise<string | undefined> {
  let settled: unknown
  try {
    settled = await actual
  } catch (error) {
    // A LockstepError has the code itself; an MCP client's error has it in the data of the JSON-RPC error.
    return textAt(error, ['data', 'code']) ?? textAt(error, ['code'])
  }
  if (settled instanceof Response) return codeOfText(await settled.clone().text())
  return textAt(settled, ['denial', 'code']) ?? codeOfMessage(settled) ?? codeOfMessage(at(settled, 'body'))
}

/** A JSON-RPC message, alone or in an event stream. */
function codeOfText(text: string): string | undefined {
  const frames = [...text.matchAll(/^data: ?(.+)$/gm)].map(([, data]) => data ?? '')
  for (const candidate of frames.length > 0 ? frames : [text]) {
    try {
      const code = codeOfMessage(JSON.parse(candidate))
      if (code !== undefined) return code
    } catch {
      // Not JSON: not a denial of ours.
    }
  }
  return undefined
}

function codeOfMessage(message: unknown): string | undefined {
  return textAt(message, ['error', 'data', 'code'])
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  const found = path.reduce(at, value)
  return typeof found === 'string' ? found : undefined
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
