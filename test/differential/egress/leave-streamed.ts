import { isJsonObject, type JsonObject } from '@lockstep/core'
import { beginStreamed, createJsonCursor, type ReleaseOptions, type ResultPlan } from '@lockstep/execution/egress'
import type { authorizedCall } from '../../fixtures/expense/authorized-call.ts'

/** What leaves of a result that comes in pieces of so many characters; nothing where it ends without its end. */
export async function leaveStreamed(
  call: ReturnType<typeof authorizedCall>,
  result: JsonObject,
  plan: ResultPlan | undefined,
  options: ReleaseOptions,
  length: number,
): Promise<JsonObject> {
  const text = JSON.stringify(result)
  let at = 0
  let left = ''
  const next = async () => {
    const piece = text.slice(at, at + length)
    at += length
    return piece === '' ? undefined : piece
  }
  const bounds = { most: 1_000_000, wholeBlock: 64, raise: async () => undefined }
  const streaming = beginStreamed(
    call,
    plan,
    { ...options, ...bounds },
    {
      write: async (piece) => {
        left += Buffer.from(piece).toString()
      },
    },
  )
  try {
    await streaming.release(createJsonCursor(next))
    streaming.output.put('}')
    await streaming.output.flush()
  } finally {
    await streaming.close()
  }
  const whole: unknown = JSON.parse(left)
  if (!isJsonObject(whole as JsonObject)) throw new TypeError('no result left')
  return whole as JsonObject
}
