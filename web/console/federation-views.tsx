/** The views of peers and of what passes between them and this registry. */
import type { View } from './views.tsx'

export const FEDERATION_VIEWS: readonly View[] = [
  {
    ...{ path: '', title: 'Federation', permission: 'read', group: 'Federation' },
    show: () => <h1>Federation</h1>,
  },
]
