/** All views of the console: their addresses, who sees them, and what they show. */
import type { ComponentChildren } from 'preact'
import { FEDERATION_VIEWS } from './federation-views.tsx'
import { REGISTRY_VIEWS } from './registry-views.tsx'
import type { Permission } from './roles.ts'

export type View = {
  /** Below `console/`; steps that begin with a colon are parameters. */
  readonly path: string
  readonly title: string
  /** Who sees it. */
  readonly permission: Permission
  /** Under which heading the navigation has it; null keeps it out. */
  readonly group: 'Federation' | 'Registry' | 'Records' | null
  readonly show: (parameters: Readonly<Record<string, string>>) => ComponentChildren
}

export const VIEWS: readonly View[] = [...FEDERATION_VIEWS, ...REGISTRY_VIEWS]
