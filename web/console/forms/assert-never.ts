/** Closes a switch over a union: the compiler refuses it while a member is not treated. */
export function assertNever(value: never): never {
  throw new Error(`Not treated: ${JSON.stringify(value)}`)
}
