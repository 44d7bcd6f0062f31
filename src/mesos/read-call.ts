import type { HttpRequest } from '../runtime/transport.ts'
import { type Answer, methodNotAllowed, text } from './answers.ts'
import { byAccept, byContentType, type Codec, type MediaType } from './codec.ts'
import { CodecError } from './codec-error.ts'

type Codecs<T> = Readonly<Record<MediaType, Codec<T>>>

/** The call that a POST brings, or the answer that refuses it: rows 5 to 8 of core-master §1.2. */
export const readCall = <T extends object>(
  request: HttpRequest,
  codecs: Codecs<T>,
): { readonly call: T } | { readonly answer: Answer } => {
  if (request.method !== 'POST') return { answer: methodNotAllowed('POST', request.method) }
  const contentType = request.headers['content-type']
  if (contentType === undefined)
    return { answer: text(400, "Expecting 'Content-Type' to be present") }
  const codec = byContentType(codecs, contentType)
  if (codec === undefined)
    return {
      answer: text(415, "Expecting 'Content-Type' of application/json or application/x-protobuf"),
    }
  try {
    return { call: codec.decode(request.body) }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return { answer: text(400, error.message) }
  }
}

/** The codec of the stream that a SUBSCRIBE asks for, or 406 (W4, row 10 of core-master §1.2). */
export const streamCodec = <T>(
  request: HttpRequest,
  codecs: Codecs<T>,
): { readonly codec: Codec<T> } | { readonly answer: Answer } => {
  const codec = byAccept(codecs, request.headers['accept'])
  return codec === undefined
    ? {
        answer: text(
          406,
          "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
        ),
      }
    : { codec }
}
