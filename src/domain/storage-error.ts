/** Why the database could not do what was asked; translated once, where the driver is. */
export type StorageFault =
  /** Not reachable, or too slow to answer. */
  | 'unavailable'
  /** Disk full or read-only: reads may still work. */
  | 'not-writable'
  /** Another process holds the file. */
  | 'in-use'
  /** Not a database of this registry, damaged, or of a newer version. */
  | 'unusable'

/** A failure of the store itself, with one sentence for the operator. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly fault: StorageFault

  constructor(fault: StorageFault, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.fault = fault
  }
}
