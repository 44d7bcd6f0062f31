import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Who somebody is, and what proves it (Mesos' Credential). */
export interface Credential {
  readonly principal: string
  readonly secret: string
}

/** The Authorization header that presents a credential (RFC 7617). */
export const basicAuthorization = ({ principal, secret }: Credential): string =>
  `Basic ${Buffer.from(`${principal}:${secret}`).toString('base64')}`

/** The credential of an Authorization header; undefined where it is absent or of another scheme. */
export const readAuthorization = (header: string | undefined): Credential | undefined => {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]*={0,2}) *$/i.exec(header ?? '') ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1
    ? undefined
    : { principal: text.slice(0, colon), secret: text.slice(colon + 1) }
}

/** In the same time for every wrong secret. */
export const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The text of a flag that takes JSON, or a path of it, `file://` or plain (core-master §11). Errors never quote it. */
export const flagJson = (text: string): string => {
  if (/^\s*[[{]/.test(text)) return text
  return readFileSync(text.replace(/^file:\/\//, ''), 'utf8')
}

/** One credential: a path, or JSON, of `{"principal":…,"secret":…}` or of a line `principal secret`. */
export const parseCredential = (text: string): Credential => {
  const [credential, ...others] = readAll(flagJson(text), (parsed) => [parsed])
  if (credential === undefined || others.length > 0)
    throw new Error('wanted one credential, {"principal":"…","secret":"…"}')
  return credential
}

/** Secrets by principal: a path, or JSON, of `{"credentials":[…]}`, or of lines `principal secret` (AU1). */
export const parseCredentials = (text: string): ReadonlyMap<string, string> => {
  const all = readAll(flagJson(text), (parsed) => {
    const list = (parsed as { readonly credentials?: unknown }).credentials
    if (!Array.isArray(list))
      throw new Error('wanted {"credentials":[{"principal":"…","secret":"…"}]}')
    return list
  })
  const secrets = new Map(all.map(({ principal, secret }) => [principal, secret]))
  if (secrets.size < all.length) throw new Error('a principal has more than one secret')
  return secrets
}

const readAll = (
  text: string,
  listOf: (parsed: object) => readonly unknown[],
): readonly Credential[] => {
  if (!/^\s*\{/.test(text))
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [principal, secret, ...rest] = line.trim().split(/\s+/)
        return credentialOf({ principal, secret: rest.length === 0 ? secret : undefined })
      })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new Error('wanted JSON or lines of a principal and a secret, got neither') // Never the text: it is secret.
  }
  return listOf(parsed as object).map(credentialOf)
}

const credentialOf = (value: unknown): Credential => {
  const { principal, secret } = (value ?? {}) as Partial<Record<string, unknown>>
  if (typeof principal !== 'string' || typeof secret !== 'string')
    throw new Error('wanted a principal and a secret, both text')
  // HTTP's basic scheme ends the name at the first colon.
  if (principal === '' || principal.includes(':'))
    throw new Error('a principal must not be empty, and must not contain a colon')
  return { principal, secret }
}
