/** How a call of a port goes wrong. */
export type FaultKind =
  /** It rejects, and nothing happened. */
  | 'before'
  /** It happens, and its answer is lost: it rejects. */
  | 'after'
  /** It happens, and never answers. */
  | 'hang'
  /** It rejects, and so does every call of any port after it, until the fault is healed. */
  | 'down'

/** Faults for ports: stores, sources, the audit log, whatever has methods that answer with promises. */
export interface Faults {
  /** The same port, under a name. Until a fault is injected its calls are only recorded. */
  wrap<T extends object>(port: string, target: T): T
  /** The same record with every object in it wrapped under its own name, but for those named: a `State`, for example. */
  wrapAll<T extends object>(ports: T, except?: readonly (keyof T & string)[]): T
  /** Runs something and resolves to the calls that were made meanwhile, as `port.method`, in the order in which they began. */
  record(work: () => Promise<unknown>): Promise<readonly string[]>
  /** Makes the call with this number, from now on and counted from 0, go wrong. Those before it are let through. */
  inject(call: number, kind: FaultKind): void
  /** Ends what was injected. Resolves to whether it was met: `port.method`, or undefined. */
  heal(): string | undefined
}

/**
 * Creates faults for the ports of one instance, so that a test can make every single call of a port fail, lose its answer or never answer, and
 * see what becomes of a request. The calls are found by recording them: no list of them can be out of date.
 *
 * @example
 * ```ts
 * import { createMemoryAudit } from '@lockstep/audit'
 * import { createFaults } from '@lockstep/testing'
 *
 * const faults = createFaults()
 * const audit = faults.wrap('audit', createMemoryAudit())
 * const calls = await faults.record(() => audit.append({ trace: 'a', step: 'system', outcome: 'completed' }))
 * for (const index of calls.keys()) faults.inject(index, 'after')
 * ```
 */
export function createFaults(): Faults {
  let recorded: string[] | undefined
  let injected: { readonly at: number; readonly kind: FaultKind } | undefined
  let calls = 0
  let met: string | undefined

  const take = (name: string): FaultKind | undefined => {
    recorded?.push(name)
    if (!injected) return undefined
    const number = calls
    calls += 1
    const { at, kind } = injected
    if (number !== at && !(kind === 'down' && number > at)) return undefined
    met ??= name
    return kind
  }

  const wrap: Faults['wrap'] = (port, target) => {
    const wrapped = new Map<PropertyKey, unknown>()
    const wrapMethod = (name: string, method: (...given: unknown[]) => unknown) =>
      function call(...given: unknown[]): unknown {
        const kind = take(`${port}.${name}`)
        if (kind === 'before' || kind === 'down') return Promise.reject(new Error(LOST))
        const answer = method.apply(target, given)
        if (kind === undefined) return answer
        return Promise.resolve(answer).then(() => (kind === 'hang' ? NEVER : Promise.reject(new Error(LOST))))
      }
    return new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function' || typeof name !== 'string') return member
        const known = wrapped.get(name) ?? wrapMethod(name, member as (...given: unknown[]) => unknown)
        wrapped.set(name, known)
        return known
      },
    })
  }

  return {
    wrap,
    wrapAll(ports, except = []) {
      const all = { ...ports }
      for (const name of Object.keys(ports) as (keyof typeof ports & string)[]) {
        const member = ports[name]
        if (except.includes(name) || typeof member !== 'object' || member === null) continue
        all[name] = wrap(name, member)
      }
      return all
    },
    async record(work) {
      const here: string[] = []
      recorded = here
      try {
        await work()
      } finally {
        recorded = undefined
      }
      return here
    },
    inject(at, kind) {
      calls = 0
      met = undefined
      injected = { at, kind }
    },
    heal() {
      injected = undefined
      return met
    },
  }
}

/** Told to nobody: what a port says when it fails stays inside. */
const LOST = 'the port failed, and said so with a CANARY'
const NEVER = new Promise<never>(() => undefined)
