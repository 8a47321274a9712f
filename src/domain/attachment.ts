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

/** For objects that are not frozen. */
export function createAttachment<Holder extends object, Value>(): Attachment<Holder, Value> {
  // A private field, which no copy takes along, is set a dozen times faster than a property that is not enumerable.
  class Attached extends Given {
    #value: Value | undefined

    constructor(holder: Holder, value: Value) {
      super(holder)
      this.#value = value
    }

    static of(holder: Holder): Value | undefined {
      return #value in holder ? holder.#value : undefined
    }

    static put(holder: Holder, value: Value | undefined): void {
      if (#value in holder) holder.#value = value
      else if (value !== undefined) new Attached(holder, value)
    }
  }
  return {
    get: Attached.of,
    set: Attached.put,
    delete: (holder) => Attached.put(holder, undefined),
  }
}

/** Its constructor gives the object it was given, which so comes by the private fields of a class that extends this. */
class Given {
  constructor(holder: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is what this class is for
    return holder
  }
}
