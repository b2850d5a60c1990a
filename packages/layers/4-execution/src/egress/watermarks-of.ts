import { type AuthorizedCall, type JsonObject, plainText } from '@lockstep/core'
import { termsOf } from './terms-of.ts'

/** Where a result tells its watermarks to programs. */
export const WATERMARK_META = 'lockstep/watermark'

/** The blocks that `@watermark` demands, each with the id of its call. They come after all others, so that JSON in texts stays JSON. */
export function watermarksOf(call: Pick<AuthorizedCall, 'id' | 'obligations'>): readonly JsonObject[] {
  const { watermarks } = termsOf(call.obligations)
  return watermarks.map((text) => ({ type: 'text', text: plainText(`${text} [call ${call.id}]`) }))
}
