import type { IncomingMessage } from 'node:http'
import { ApiError } from './errors.ts'

/** Of every route that takes JSON; streams (build contexts, archives) have no bound. */
export const maxBodyBytes = 4 * 1024 * 1024

/** A deeper body could overflow the stack of whoever walks it (CVE-2018-11793). */
const maxJsonDepth = 64

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** The whole body, at most `maxBodyBytes`. */
export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let lengthBytes = 0
  try {
    // Left open at the bound, so that the client gets to read the refusal.
    const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    for await (const chunk of body) {
      lengthBytes += chunk.length
      if (lengthBytes > maxBodyBytes) break
      chunks.push(chunk)
    }
  } catch {
    throw new ApiError('BODY_BROKEN')
  }
  if (lengthBytes > maxBodyBytes) throw new ApiError('BODY_TOO_LARGE', String(maxBodyBytes))
  return Buffer.concat(chunks)
}

/** The body of a route that takes a JSON object. Throws as `readBody` and `parseJsonObject` do. */
export const readJsonObject = async (request: IncomingMessage): Promise<JsonObject> =>
  parseJsonObject(await readBody(request), request.headers['content-type'])

/**
 * The body as a JSON object, whatever its content type says: a plain `curl -d` sends JSON as a form (D52).
 * Throws MALFORMED_JSON, WRONG_CONTENT_TYPE and INVALID_BODY.
 */
const parseJsonObject = (body: Buffer, contentType: string | undefined): JsonObject => {
  if (body.length === 0) throw new ApiError('MALFORMED_JSON', 'got EOF while reading request body')
  const value = parse(body.toString('utf8'), contentType)
  const problem = problemOf(value)
  if (problem !== undefined) throw new ApiError('INVALID_BODY', problem)
  if (!isObject(value)) throw new ApiError('INVALID_BODY', 'wanted a JSON object')
  return value
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parse = (text: string, contentType: string | undefined): Json => {
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    const isJson = contentType === undefined || /^application\/json\b/i.test(contentType.trim())
    if (!isJson) throw new ApiError('WRONG_CONTENT_TYPE', contentType)
    throw new ApiError('MALFORMED_JSON', error instanceof Error ? error.message : String(error))
  }
}

/** Walks without recursion, so that depth is measured before anything else can suffer from it. */
const problemOf = (root: Json): string | undefined => {
  const open: { readonly value: Json; readonly depth: number; readonly path: string }[] = [
    { value: root, depth: 0, path: '' },
  ]
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { value, depth, path } = entry
    if (typeof value === 'string') {
      if (value.includes('\0')) return `${path} contains a NUL character`
      continue
    }
    if (typeof value !== 'object' || value === null) continue
    if (depth >= maxJsonDepth) return `${path} is nested deeper than ${maxJsonDepth} levels`
    for (const [key, inner] of Object.entries(value)) {
      // Copying such a key with plain assignment would replace a prototype.
      if (key === '__proto__') return 'the key "__proto__" is not accepted'
      if (key.includes('\0')) return `a key of ${path || 'the body'} contains a NUL character`
      open.push({ value: inner, depth: depth + 1, path: path === '' ? key : `${path}.${key}` })
    }
  }
  return undefined
}
