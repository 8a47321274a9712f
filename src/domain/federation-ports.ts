/** What federation keeps in the database beside its peers: who does the common work, and what came of asking. */

/** Of many replicas, one does a job: the holder of its lease. */
export interface LeaseStore {
  /**
   * Claims a lease or renews it, in one statement.
   * @param holder names one process, anew at each of its starts.
   * @returns the lease's epoch, which grows whenever the holder changes; `undefined` while another holds it.
   */
  claim(name: string, holder: string, ttlMs: number): Promise<number | undefined>
  /** Lets others have it at once; one that is not held is no error. */
  release(name: string, holder: string): Promise<void>
}
