import { ApiError } from './errors.ts'

/** Announced whatever the engines speak, so that it does not change when an agent joins (docker-frontend §1.1). */
export const apiVersion = '1.44'
export const minApiVersion = '1.24'

/** The minor part of a Docker API version: 1.44 is 44. */
export type ApiMinor = number

const maximum: ApiMinor = 44
const minimum: ApiMinor = 24

/**
 * Splits `/v1.41/info` into 41 and `/info`; a path without prefix means the newest version.
 * Throws CLIENT_TOO_NEW and CLIENT_TOO_OLD in dockerd's words.
 */
export const splitVersion = (
  path: string,
): { readonly version: ApiMinor; readonly path: string } => {
  const match = /^\/v(\d{1,9})\.(\d{1,9})(\/.*)$/s.exec(path)
  if (match === null) return { version: maximum, path }
  const [, major = '', minor = '', rest = ''] = match
  const asked = `${major}.${minor}`
  const version = Number(minor)
  if (Number(major) > 1 || (major === '1' && version > maximum))
    throw new ApiError('CLIENT_TOO_NEW', asked, apiVersion)
  if (Number(major) < 1 || version < minimum)
    throw new ApiError('CLIENT_TOO_OLD', asked, minApiVersion)
  return { version, path: rest }
}
