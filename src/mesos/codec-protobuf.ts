import { CodecError } from './codec-error.ts'
import { messageType } from './proto.ts'

/** The plain object of a protobuf message: enums by name, 64-bit numbers as numbers, unset fields absent. */
export const decodeProtobuf = (fullName: string, bytes: Uint8Array): unknown => {
  const type = messageType(fullName)
  try {
    return type.toObject(type.decode(bytes), { longs: Number, enums: String })
  } catch (error) {
    throw new CodecError(`Failed to parse body into ${type.name} protobuf`, { cause: error })
  }
}

/** Throws CodecError where a required field is missing or of a wrong type: a bug of the caller's. */
export const encodeProtobuf = (fullName: string, message: unknown): Uint8Array => {
  const type = messageType(fullName)
  try {
    return type.encode(type.fromObject(message as Record<string, unknown>)).finish()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CodecError(`not a ${type.name}: ${why}`, { cause: error })
  }
}
