import { roleProblem } from './roles.ts'

/** One entry of a reservation stack; all four take part in equality (core-master R10). */
export interface Reservation {
  readonly type: 'STATIC' | 'DYNAMIC'
  readonly role: string
  readonly principal?: string
  readonly labels?: readonly { readonly key: string; readonly value?: string }[]
}

/** Outermost first, each a subrole of the one before; empty is unreserved. */
export type ReservationStack = readonly Reservation[]

/** True where `role` lies below `ancestor`: `a/b` below `a`; none below itself, none below `*`. */
export const isSubroleOf = (role: string, ancestor: string): boolean =>
  role.length > ancestor.length && role.startsWith(ancestor) && role[ancestor.length] === '/'

/** The top of a role's path: `a` of `a/b/c`. */
export const topRole = (role: string): string => {
  const slash = role.indexOf('/')
  return slash < 0 ? role : role.slice(0, slash)
}

/** What is wrong with a stack, or undefined (core-master R10). */
export const stackProblem = (stack: ReservationStack): string | undefined => {
  for (const [at, { type, role }] of stack.entries()) {
    if (role === '*') return "role '*' cannot be reserved"
    const problem = roleProblem(role)
    if (problem !== undefined) return problem
    const outer = stack[at - 1]
    if (outer === undefined) continue
    if (type !== 'DYNAMIC') return `the refinement for role '${role}' must be DYNAMIC`
    if (!isSubroleOf(role, outer.role)) return `role '${role}' is not a subrole of '${outer.role}'`
  }
  return undefined
}

/** Equal for equal stacks, and only for those. */
export const stackKey = (stack: ReservationStack): string =>
  stack.length === 0
    ? ''
    : JSON.stringify(
        stack.map(({ type, role, principal, labels }) => [
          type,
          role,
          principal ?? null,
          labels?.map(({ key, value }) => [key, value ?? null]) ?? null,
        ]),
      )
