/** Marks objects as made by the layer that holds `seal`; everyone else can only ask `isSealed`. */
export interface Seal<T extends object> {
  /** Freezes the object, remembers it and returns it. */
  readonly seal: (value: T) => T
  readonly isSealed: (value: unknown) => value is T
}

/**
 * Creates a seal for one hand-over type. The binding gives `seal` to the layer that makes the type and `isSealed` to
 * those that take it, so that a handler can neither forge a `Caller` from data nor pass a copy of one.
 */
export function createSeal<T extends object>(): Seal<T> {
  const sealed = new WeakSet<object>()
  return {
    seal(value) {
      sealed.add(Object.freeze(value))
      return value
    },
    isSealed: (value): value is T => typeof value === 'object' && value !== null && sealed.has(value),
  }
}
