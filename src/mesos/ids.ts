declare const brand: unique symbol
export type Id<Kind extends string> = string & { readonly [brand]: Kind }
export type AgentId = Id<'agent'>
export type FrameworkId = Id<'framework'>
export type OfferId = Id<'offer'>
export type TaskId = Id<'task'>

/** The one place a plain string becomes an id: decoders and generators call it, nobody else. */
export const id = <T extends Id<string>>(text: string): T => text as T
