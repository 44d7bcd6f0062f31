import type { Headers } from '../runtime/transport.ts'

/** A whole answer to one request. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Plain text, as Mesos answers every error (core-master W5). */
export const text = (status: number, body: string, headers: Headers = {}): Answer => ({
  status,
  headers: body === '' ? headers : { ...headers, 'content-type': 'text/plain; charset=utf-8' },
  body,
})

export const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

export const notFound: Answer = text(404, '404 Not Found.')

export const methodNotAllowed = (allowed: string, received: string): Answer =>
  text(
    405,
    `405 Method Not Allowed. Expecting one of { '${allowed}' }, but received '${received}'.`,
    { allow: allowed },
  )

export const accepted: Answer = text(202, '')
