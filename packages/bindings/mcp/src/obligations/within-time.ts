/**
 * Waits no longer than an obligation may take, and says so to what is late.
 *
 * @param ms milliseconds. @defaultValue 5,000
 */
export async function withinTime<T>(ms: number | undefined, carry: (signal: AbortSignal) => T): Promise<Awaited<T>> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort()
      reject(new Error('an obligation took too long'))
    }, ms ?? 5_000)
  })
  try {
    return await Promise.race([carry(controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
