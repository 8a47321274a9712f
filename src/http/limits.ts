/** Limits of the server, in one place with their reasons. */

export const SERVER_LIMITS = {
  /** Headers are a few hundred bytes; slower ones than this keep connections busy on purpose. */
  headersTimeoutMs: 10_000,
  headerBytes: 16_384,
  /** How often node looks for connections beyond their limits. */
  checkingIntervalMs: 1_000,
  keepAliveMs: 5_000,
  /** Without a byte either way, such as from a caller who does not read the answer. */
  idleConnectionMs: 60_000,
  /** Long-lived connections move to new replicas now and then. */
  requestsPerSocket: 10_000,
  bodyBytes: 1_048_576,
  cardBytes: 262_144,
  /** Sent by strangers. */
  enrolmentBytes: 16_384,
  /** From the first byte of a body to its last; of an import, between one chunk and the next. */
  bodyTimeoutMs: 15_000,
  /** What is read and dropped of a refused body, so that its sender gets to read the answer. */
  drainBytes: 8_388_608,
  drainMs: 2_000,
  jsonDepth: 32,
  /** At shutdown, peers are waited for so much longer. */
  hurryMs: 2_000,
  /** What is left at shutdown after this is cut off; the whole process has 5 s. */
  closeMs: 4_000,
  /** DIDs may be as long as URLs. */
  paramChars: 2_048,
  /** A page of records ends before this; askers accept 4 MiB. */
  pageBytes: 3_145_728,
} as const
