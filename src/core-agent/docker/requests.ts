import type { Change, EngineDetails, Stopping } from './engine.ts'
import { record, text } from './inspect.ts'

/**
 * How many calls of a class run at a time, and how long each may take (core-agent §3.7). What hangs in one class holds
 * up no other: neither looks the question whether the engine lives, nor stops a SIGKILL.
 */
export const classes = {
  ping: { limit: 4, deadlineMs: 5000 },
  /** What the engine is, asked when it is found again. */
  facts: { limit: 4, deadlineMs: 30_000 },
  look: { limit: 64, deadlineMs: 5000 },
  list: { limit: 8, deadlineMs: 30_000 },
  create: { limit: 8, deadlineMs: 30_000 },
  start: { limit: 8, deadlineMs: 60_000 },
  /** Each lasts as long as the container has to end, beside this: as many as there may be containers. */
  stop: { limit: 1024, deadlineMs: 30_000 },
  kill: { limit: 64, deadlineMs: 30_000 },
  remove: { limit: 64, deadlineMs: 30_000 },
  exec: { limit: 32, deadlineMs: 20_000 },
  /** The deadline is for each sign of progress. */
  pull: { limit: 4, deadlineMs: 60_000 },
} as const

export type Class = keyof typeof classes

/** A stop without limit is still given up, and then found to be going on. */
const endlessStopMs = 24 * 3_600_000

/** One exchange with the engine. */
export interface Request {
  readonly class: Class
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  /** `X-Registry-Auth`. */
  readonly auth?: string | undefined
  /** On top of the class's own. */
  readonly extraMs?: number
}

/** How a change is asked for; an end may take the time that the container has for it. */
export const requestOf = (id: string, change: Change): Request => {
  const path = `/containers/${encodeURIComponent(id)}`
  switch (change.type) {
    case 'start':
      return { class: 'start', method: 'POST', path: `${path}/start` }
    case 'stop':
    case 'restart':
      return {
        class: 'stop',
        method: 'POST',
        path: `${path}/${change.type}`,
        ...ending(change),
      }
    case 'kill':
      return {
        class: 'kill',
        method: 'POST',
        path: `${path}/kill`,
        query: { signal: change.signal },
      }
    case 'rename':
      return {
        class: 'start',
        method: 'POST',
        path: `${path}/rename`,
        query: { name: change.name },
      }
    case 'update':
      return { class: 'start', method: 'POST', path: `${path}/update`, body: change.body }
    case 'remove':
      break
  }
  const { force, volumes, link } = change
  return {
    class: 'remove',
    method: 'DELETE',
    path,
    query: {
      ...(force ? { force } : {}),
      ...(volumes ? { v: true } : {}),
      ...(link ? { link } : {}),
    },
  }
}

const ending = ({ timeoutSeconds, signal }: Stopping) => ({
  query: {
    ...(timeoutSeconds === undefined ? {} : { t: timeoutSeconds }),
    ...(signal === undefined ? {} : { signal }),
  },
  extraMs: stopMs(timeoutSeconds),
})

/** dockerd's grace where neither call nor container states one. */
const defaultStopSeconds = 10

/** How long a stop may take beside the engine's own work. */
export const stopMs = (seconds: number | undefined): number =>
  seconds !== undefined && seconds < 0 ? endlessStopMs : 1000 * (seconds ?? defaultStopSeconds)

export const engineDetails = (
  info: Readonly<Record<string, unknown>>,
  version: Readonly<Record<string, unknown>>,
): EngineDetails => ({
  healthy: true,
  version: text(version['Version']),
  apiVersion: text(version['ApiVersion']),
  minApiVersion: text(version['MinAPIVersion']),
  storageDriver: text(info['Driver']),
  kernelVersion: text(info['KernelVersion']),
  operatingSystem: text(info['OperatingSystem']),
  osType: text(info['OSType']),
  architecture: text(info['Architecture']),
  labels: Array.isArray(info['Labels']) ? info['Labels'].map(String) : [],
  liveRestore: info['LiveRestoreEnabled'] === true,
  cgroupDriver: text(info['CgroupDriver']),
  runcVersion: text(items(version['Components']).find(({ Name }) => Name === 'runc')?.['Version']),
})

/** The objects of a JSON array, empty where there is none. */
export const items = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map(record) : []

export const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(String) : []

/** Without the placeholders of images that have no name. */
export const references = (value: unknown): readonly string[] =>
  texts(value).filter((one) => !one.startsWith('<none>'))
