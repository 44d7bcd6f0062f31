import { decodeJson, encodeJson } from './codec-json.ts'
import { decodeProtobuf, encodeProtobuf } from './codec-protobuf.ts'

/** Bytes to message and back, for one message type. Both wires carry the same plain objects. */
export interface Codec<T> {
  readonly mediaType: MediaType
  encode(message: T): Uint8Array
  /** Throws CodecError. */
  decode(bytes: Uint8Array): T
}

export type MediaType = 'application/json' | 'application/x-protobuf'

/** The codecs of a message type by media type; `fullName` such as `mesos.v1.scheduler.Call`. */
export const codecs = <T>(fullName: string): Readonly<Record<MediaType, Codec<T>>> => ({
  'application/json': {
    mediaType: 'application/json',
    encode: (message) => encodeJson(fullName, message),
    decode: (bytes) => decodeJson(fullName, bytes) as T,
  },
  'application/x-protobuf': {
    mediaType: 'application/x-protobuf',
    encode: (message) => encodeProtobuf(fullName, message),
    decode: (bytes) => decodeProtobuf(fullName, bytes) as T,
  },
})

/** The codec that a Content-Type names, parameters ignored (core-master §14.6), or undefined. */
export const byContentType = <T>(
  all: Readonly<Record<MediaType, Codec<T>>>,
  contentType: string,
): Codec<T> | undefined => {
  const essence = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  return essence === 'application/json' || essence === 'application/x-protobuf'
    ? all[essence]
    : undefined
}

/**
 * The codec that an Accept header asks for (W4): JSON whenever JSON will do, an absent header included,
 * else protobuf, else undefined (406). A quality of zero excludes.
 */
export const byAccept = <T>(
  all: Readonly<Record<MediaType, Codec<T>>>,
  accept: string | undefined,
): Codec<T> | undefined => {
  const accepted = (accept ?? '*/*')
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim().toLowerCase()))
    .filter(([, ...parameters]) => !parameters.some((p) => /^q\s*=\s*0(\.0*)?$/.test(p)))
    .map(([range]) => range ?? '')
  const admits = (type: MediaType) =>
    accepted.some((range) => range === type || range === '*/*' || range === 'application/*')
  if (admits('application/json')) return all['application/json']
  return admits('application/x-protobuf') ? all['application/x-protobuf'] : undefined
}
