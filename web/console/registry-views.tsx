/** The views of this registry's own records, credentials, logs and settings. */
import type { View } from './views.tsx'

export const REGISTRY_VIEWS: readonly View[] = []
