import { readFileSync, readlinkSync } from 'node:fs'

/** Of all interfaces of a network namespace together, but for the loopback one. */
export interface NetworkCounters {
  readonly rxBytes: number
  readonly rxPackets: number
  readonly rxErrors: number
  readonly rxDropped: number
  readonly txBytes: number
  readonly txPackets: number
  readonly txErrors: number
  readonly txDropped: number
}

/** Counters of the namespace that a process is in; undefined: it has ended, or that is the machine's own. */
export const networkOf = (pid: number): NetworkCounters | undefined => {
  try {
    if (readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net')) return undefined
    return parseNetDev(readFileSync(`/proc/${pid}/net/dev`, 'latin1'))
  } catch {
    return undefined
  }
}

/** `/proc/<pid>/net/dev`: two lines of heads, then an interface a line, sixteen numbers each (proc(5)). */
export const parseNetDev = (text: string): NetworkCounters => {
  const rows = text
    .split('\n')
    .filter((line) => line.includes(':') && !/^ *lo:/.test(line))
    .map((line) =>
      line
        .slice(line.indexOf(':') + 1)
        .trim()
        .split(/ +/)
        .map(Number),
    )
  const sum = (column: number) => rows.reduce((all, row) => all + (row[column] ?? 0), 0)
  return {
    rxBytes: sum(0),
    rxPackets: sum(1),
    rxErrors: sum(2),
    rxDropped: sum(3),
    txBytes: sum(8),
    txPackets: sum(9),
    txErrors: sum(10),
    txDropped: sum(11),
  }
}
