/**
 * What was worked out of an object, kept by that object itself for as long as it is there; nobody else sees it, and a copy
 * of the object does not have it.
 *
 * A WeakMap says the same more plainly, but what it alone holds is found by V8's collector only in the pause at its end,
 * when nothing else runs: of ten thousand records that was twenty milliseconds, in which every caller waits.
 *
 * @see https://v8.dev/blog/concurrent-marking (what is marked while the program runs)
 */
export interface Attachment<Holder extends object, Value> {
  get(holder: Holder): Value | undefined
  set(holder: Holder, value: Value): void
  delete(holder: Holder): void
}

/** For objects that are not frozen. @param name says in a debugger what it is. */
export function createAttachment<Holder extends object, Value>(name: string): Attachment<Holder, Value> {
  const slot = Symbol(name)
  // Not enumerable: `{ ...holder }` is another object, of which nothing has been worked out.
  const put = (holder: Holder, value: Value | undefined): void => {
    Object.defineProperty(holder, slot, { value, writable: true, configurable: true, enumerable: false })
  }
  return {
    get: (holder) => (holder as Readonly<Record<symbol, Value | undefined>>)[slot],
    set: put,
    delete: (holder) => put(holder, undefined),
  }
}
