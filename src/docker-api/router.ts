import { ApiError } from './errors.ts'
import type { Route } from './route.ts'

export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/**
 * The first row that fits. Matched here and not by the HTTP framework because names hold raw slashes in the middle
 * of a path (`/containers/node1/web/json`), and because upgrade requests need the same rows. Throws PAGE_NOT_FOUND.
 */
export const match = (rows: readonly CompiledRoute[], method: string, path: string): Match => {
  for (const { route, pattern } of rows) {
    if (route.method !== method) continue
    const found = pattern.exec(path)
    if (found !== null) return { route, params: found.groups ?? {} }
  }
  throw new ApiError('PAGE_NOT_FOUND')
}

export interface CompiledRoute {
  readonly route: Route
  readonly pattern: RegExp
}

/** `{name}` takes one or more segments, `{rest*}` whatever follows, nothing included. */
export const compile = (routes: readonly Route[]): readonly CompiledRoute[] =>
  routes.map((route) => {
    const source = route.path
      .replaceAll(/[.]/g, '\\.')
      .replaceAll(/\{(\w+)\*\}/g, '(?<$1>(?:/.*)?)')
      .replaceAll(/\{(\w+)\}/g, '(?<$1>.+)')
    return { route, pattern: new RegExp(`^${source}$`, 's') }
  })
