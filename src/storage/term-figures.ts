/** How many records hold a term: one row for each term and audience, and one for all records of an audience. */
export type FrequencyRow = {
  readonly term_id: number
  /** `null` for an expansion of the unfinished word. */
  readonly stem: string | null
  readonly audience_id: number
  readonly documents: number
}

/** Stands for all records in place of a term: ids of terms begin at 1. */
export const EVERYTHING = 0
/** Stands for the count of changes: one statement reads it together with the figures, as of one moment. */
export const LAST_CHANGE = -1
