import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { copyLog, engineLogs } from '../../../src/core-agent/logs/container-logs.ts'
import { LogFrames } from '../../../src/core-agent/logs/frames.ts'
import { noOffset, parseOffset, sinceOf } from '../../../src/core-agent/logs/offset.ts'
import { offsetPath } from '../../../src/core-agent/logs/offset-path.ts'
import { silent } from '../../../src/runtime/logger.ts'
import { FakeEngine } from '../../support/fake-engine.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { simIds } from '../../support/sim-random.ts'

const root = mkdtempSync(join(tmpdir(), 'shoal-logs-'))
afterAll(() => rmSync(root, { recursive: true }))

let sandbox = ''
let count = 0
beforeEach(() => {
  count += 1
  sandbox = join(root, 'runs', `c${count}`)
  mkdirSync(sandbox, { recursive: true })
  for (const name of ['stdout', 'stderr']) writeFileSync(join(sandbox, name), '')
})

const time = (nano: number) => `2026-01-02T03:04:05.${String(nano).padStart(9, '0')}Z`

const frame = (stream: 1 | 2, nano: number, text: string) => {
  const payload = Buffer.from(`${time(nano)} ${text}`)
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

/** An engine whose log holds these chunks; `since` is what was asked for. */
class LoggingEngine extends FakeEngine {
  chunks: readonly Uint8Array[] = []
  readonly since: (string | undefined)[] = []

  constructor() {
    super({ clock: new SimClock(), ids: simIds(1) })
  }

  override async *logs(
    _id: string,
    since: string | undefined,
    _signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    this.since.push(since)
    for (const chunk of this.chunks) yield await Promise.resolve(chunk)
  }
}

const warnings: string[] = []
const logger = { ...silent, warn: (_: object, message: string) => void warnings.push(message) }

/** One life of the agent: follows until the stream ends. */
const life = async (
  engine: LoggingEngine,
  chunks: readonly Uint8Array[],
  { maxBytes = 1000, tty = false } = {},
) => {
  engine.chunks = chunks
  const rotation = { maxBytes, files: 3 }
  const source = { container: 'x', sandbox, tty }
  await copyLog({ engine }, source, rotation, new AbortController().signal)
}

/** Rejects when the signal comes: a stream that is cut off, as the engine's is. */
const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const cut = () => reject(new Error('cut off'))
    if (signal.aborted) cut()
    else signal.addEventListener('abort', cut)
  })

const read = (name: string) => readFileSync(join(sandbox, name), 'utf8')

test('what a container says is in stdout and stderr of its sandbox, once', async () => {
  const engine = new LoggingEngine()
  await life(engine, [frame(1, 1, 'out\n'), frame(2, 2, 'err\n'), frame(1, 3, 'more\n')])
  expect([read('stdout'), read('stderr')]).toEqual(['out\nmore\n', 'err\n'])
})

test('a module gets the same besides, each piece once the one before is done', async () => {
  const engine = new LoggingEngine()
  engine.chunks = [frame(1, 1, 'out\n'), frame(2, 2, 'err\n')]
  const pieces: string[] = []
  const sink = async (
    { container }: { readonly container: string },
    entries: readonly { readonly stream: string; readonly text: Uint8Array }[],
  ) => {
    pieces.push('begun')
    await Promise.resolve()
    for (const { stream, text } of entries)
      pieces.push(`${container} ${stream} ${Buffer.from(text).toString()}`)
  }
  const source = { container: 'x', sandbox, tty: false }
  const rotation = { maxBytes: 1000, files: 3 }
  await copyLog({ engine, sink }, source, rotation, new AbortController().signal)
  expect(pieces).toEqual(['begun', 'x stdout out\n', 'begun', 'x stderr err\n'])
  expect(read('stdout')).toBe('out\n')
})

test('after a restart it goes on where it ended, also between parts of one line', async () => {
  const engine = new LoggingEngine()
  const said = [frame(1, 1, 'a\n'), frame(1, 2, 'long'), frame(1, 2, 'line\n'), frame(2, 2, 'e\n')]
  await life(engine, said.slice(0, 2))
  await life(engine, said)
  expect([read('stdout'), read('stderr')]).toEqual(['a\nlongline\n', 'e\n'])
  expect(engine.since.at(-1)).toBe('1767323045.000000002')
})

test('what was written and not remembered is not written twice', async () => {
  const engine = new LoggingEngine()
  await life(engine, [frame(1, 1, 'a\n')])
  writeFileSync(join(sandbox, 'stdout'), 'a\nlost\n')
  await life(engine, [frame(1, 1, 'a\n'), frame(1, 2, 'lost\n'), frame(1, 3, 'b\n')])
  expect(read('stdout')).toBe('a\nlost\nb\n')
})

test('a file that would grow beyond its bound is put aside, the oldest goes', async () => {
  const engine = new LoggingEngine()
  const lines = Array.from({ length: 8 }, (_, i) => frame(1, i + 1, `line ${i}\n`))
  await life(engine, lines, { maxBytes: 14 })
  expect([read('stdout'), read('stdout.1'), read('stdout.2')]).toEqual([
    'line 6\nline 7\n',
    'line 4\nline 5\n',
    'line 2\nline 3\n',
  ])
  expect(existsSync(join(sandbox, 'stdout.3'))).toBe(false)
})

test('a terminal’s lines', async () => {
  await life(
    new LoggingEngine(),
    [Buffer.from(`${time(1)} a\r\n${time(2)} b`), Buffer.from('c\r\n')],
    {
      tty: true,
    },
  )
  expect(read('stdout')).toBe('a\r\nbc\r\n')
})

test('a container that is followed already is not followed twice', () => {
  const engine = new LoggingEngine()
  const calls: string[] = []
  vi.spyOn(engine, 'logs').mockImplementation((id, _since, signal) => {
    calls.push(id)
    return { [Symbol.asyncIterator]: () => ({ next: () => ended(signal) }) }
  })
  const logs = engineLogs({ engine, logger }, { maxBytes: 10, files: 3 })
  const source = { container: 'x', sandbox, tty: false }
  logs.follow(source)
  logs.follow(source)
  logs.close()
  return vi.waitFor(() => expect(calls).toEqual(['x']))
})

test('a last line without its end is fetched after the stream has ended', async () => {
  const engine = new LoggingEngine()
  const lives = [[frame(1, 1, 'a\n')], [frame(1, 1, 'a\n'), frame(1, 2, 'end')]]
  vi.spyOn(engine, 'logs').mockImplementation(async function* () {
    yield* await Promise.resolve(lives.shift() ?? [])
  })
  engineLogs({ engine, logger }, { maxBytes: 10, files: 3 }).follow({
    container: 'x',
    sandbox,
    tty: false,
  })
  await vi.waitFor(() => expect(read('stdout')).toBe('a\nend'))
})

test('a link in the place of stdout is not followed', async () => {
  const victim = join(root, 'victim')
  writeFileSync(victim, 'mine')
  rmSync(join(sandbox, 'stdout'))
  symlinkSync(victim, join(sandbox, 'stdout'))
  const engine = new LoggingEngine()
  engine.chunks = [frame(1, 1, 'x\n')]
  engineLogs({ engine, logger }, { maxBytes: 10, files: 3 }).follow({
    container: 'x',
    sandbox,
    tty: false,
  })
  await vi.waitFor(() =>
    expect(warnings).toContain('the output of a container cannot be written to its sandbox'),
  )
  expect(readFileSync(victim, 'utf8')).toBe('mine')
})

test('frames come out whole, wherever the stream is cut', () => {
  const bytes = Buffer.concat([frame(1, 1, 'one\n'), frame(2, 2, ''), frame(1, 3, 'three')])
  const whole = new LogFrames({ tty: false }).push(bytes)
  expect(whole.map(({ stream, text }) => [stream, text.toString()])).toEqual([
    ['stdout', 'one\n'],
    ['stderr', ''],
    ['stdout', 'three'],
  ])
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 5 }), (cuts) => {
      const frames = new LogFrames({ tty: false })
      const ends = [...cuts.sort((a, b) => a - b), bytes.length]
      expect(ends.flatMap((end, i) => frames.push(bytes.subarray(ends[i - 1] ?? 0, end)))).toEqual(
        whole,
      )
    }),
  )
})

test('a frame larger than any message is an error, not a buffer', () => {
  const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
  expect(() => new LogFrames({ tty: false }).push(header)).toThrow(/a log message of 4294967295/)
})

test('an offset that was half written is none', () => {
  expect(parseOffset('{"time":"x"')).toBeUndefined()
  expect(parseOffset('{"time":"x","seen":1,"sizes":{"stdout":1}}')).toBeUndefined()
  expect(sinceOf(noOffset)).toBeUndefined()
  expect(offsetPath('/a/runs/c')).toBe('/a/runs/.c.offset')
})
