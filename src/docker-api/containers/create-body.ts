import { Ajv, type ErrorObject } from 'ajv'
import { type Static, Type } from 'typebox'
import type { JsonObject } from '../body.ts'
import { ApiError } from '../errors.ts'

/** Go decodes `null` into any field, and clients send it. */
const nullable = <T extends Type.TSchema>(schema: T) =>
  Type.Optional(Type.Unsafe<Static<T> | null>({ ...schema, nullable: true }))

/** Not `Type.Record`: its pattern skips keys that hold a line break. */
const mapOf = <T extends Type.TSchema>(schema: T) =>
  Type.Unsafe<Readonly<Record<string, Static<T>>>>({
    type: 'object',
    additionalProperties: schema,
  })

const orNull = <T extends Type.TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, nullable: true })

const text = nullable(Type.String())
const whole = nullable(Type.Integer())
const texts = nullable(Type.Array(Type.String()))
const flag = nullable(Type.Boolean())

const portBinding = Type.Object({ HostIp: text, HostPort: text })

const hostConfig = Type.Object({
  NanoCpus: whole,
  CpuQuota: whole,
  CpuPeriod: whole,
  CpuShares: whole,
  Memory: whole,
  MemoryReservation: whole,
  MemorySwap: whole,
  CpusetCpus: text,
  NetworkMode: text,
  PortBindings: nullable(mapOf(orNull(Type.Array(portBinding)))),
  PublishAllPorts: flag,
  DeviceRequests: nullable(
    Type.Array(
      Type.Object({
        Driver: text,
        Count: whole,
        DeviceIDs: texts,
        Capabilities: nullable(Type.Array(Type.Array(Type.String()))),
      }),
    ),
  ),
  VolumesFrom: texts,
  Links: texts,
  Binds: texts,
  Mounts: nullable(Type.Array(Type.Object({ Type: text, Source: text }))),
})

const createBody = Type.Object({
  Image: text,
  Env: texts,
  Labels: nullable(mapOf(orNull(Type.String()))),
  ExposedPorts: nullable(mapOf(Type.Unknown())),
  WorkingDir: text,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  // Before API 1.18 these stood beside the image.
  Memory: whole,
  MemorySwap: whole,
  CpuShares: whole,
  Cpuset: text,
  HostConfig: nullable(hostConfig),
  NetworkingConfig: nullable(Type.Object({ EndpointsConfig: nullable(mapOf(Type.Unknown())) })),
})

/** The fields of a create body that placement reads; every other field travels through unseen. */
export type CreateBody = Static<typeof createBody>
export type HostConfig = Static<typeof hostConfig>

// Neither coercion nor removal: what the client said reaches the engine.
const isCreateBody = new Ajv({ coerceTypes: false, removeAdditional: false }).compile<CreateBody>(
  createBody,
)

/** The same object, its known fields checked. Throws INVALID_BODY naming the field and what it must be. */
export const checkCreateBody = (body: JsonObject): JsonObject & CreateBody => {
  if (isCreateBody(body)) return body as JsonObject & CreateBody
  throw new ApiError('INVALID_BODY', describe(isCreateBody.errors?.[0]))
}

const describe = (error: ErrorObject | undefined): string => {
  const field = (error?.instancePath ?? '').slice(1).replaceAll('/', '.')
  return `${field} ${error?.message ?? 'is not valid'}`
}
