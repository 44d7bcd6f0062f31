import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installEngine } from '../src/cli/engine/provide.ts'
import { terminalSteps } from '../src/cli/steps.ts'
import { until } from '../src/cli/until.ts'
import type { Addresses } from '../src/cli/up/ready.ts'
import { startTestEngine } from '../test/support/engine-setup.ts'
import { median } from './measure.ts'
import type { Bench } from './row.ts'

const run = promisify(execFile)
const pairs = 40
const warmUpPairs = 10
const readyDeadlineMs = 120_000

/** B12: one `docker run` after another against shoal and against the dockerd that it uses itself, in pairs. */
export const dockerRun: Bench = {
  ids: ['B12'],
  run: async () => {
    await installEngine(terminalSteps(process.stderr))
    const engine = await startTestEngine()
    try {
      const measured = await withShoal(engine.socket, (shoal) =>
        compare(shoal, `unix://${engine.socket}`),
      )
      const work = 'docker run --rm busybox true, one after another, against the same dockerd'
      const [ours, peer] = [
        median(measured.map((pair) => pair.ours)),
        median(measured.map((pair) => pair.peer)),
      ]
      const ratios = measured.map((pair) => pair.ours / pair.peer)
      return [{ id: 'B12', work, ours, peer, ratio: median(ratios), unit: 'ms', runs: ratios }]
    } finally {
      await engine.close()
    }
  },
}

/** Wall milliseconds of each pair; who comes first changes from pair to pair, so that neither gains by it. */
const compare = async (shoal: string, dockerd: string) => {
  const measured: { ours: number; peer: number }[] = []
  for (let pair = 0; pair < warmUpPairs + pairs; pair++) {
    const figures = { ours: 0, peer: 0 }
    const order = [
      ['ours', shoal],
      ['peer', dockerd],
    ] as const
    for (const [side, host] of pair % 2 === 0 ? order : order.toReversed())
      figures[side] = await timedRun(host)
    if (pair >= warmUpPairs) measured.push(figures)
  }
  return measured
}

/** Fails where the run does: a figure counts only if both did the same. */
const timedRun = async (host: string): Promise<number> => {
  const startedMs = performance.now()
  await run('docker', ['-H', host, 'run', '--rm', 'busybox', 'true'])
  return performance.now() - startedMs
}

const withShoal = async <T>(socket: string, use: (host: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  const readyFile = join(folder, 'ready.json')
  const shoal = spawn(
    process.execPath,
    [
      'dist/cli/main.js',
      'up',
      `--engine=unix://${socket}`,
      `--work-dir=${join(folder, 'work')}`,
      `--ready-file=${readyFile}`,
      '--host=tcp://127.0.0.1:0',
      '--master-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const ended = once(shoal, 'exit')
  try {
    const settled = () => existsSync(readyFile) || shoal.exitCode !== null
    await until(settled, readyDeadlineMs)
    if (!existsSync(readyFile)) throw new Error('shoal up did not become ready')
    const { dockerHost } = JSON.parse(readFileSync(readyFile, 'utf8')) as Addresses
    return await use(dockerHost)
  } finally {
    shoal.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}
