import { expect, inject, vi } from 'vitest'
import { DockerodeEngine } from '../../src/core-agent/docker/dockerode-engine.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { engineContract } from '../contract/engine-contract.ts'

const { socket } = inject('engine')
const engine = new DockerodeEngine({ socketPath: socket, clock: systemClock })

engineContract('real', {
  engine: () => engine,
  settled: (answer) => answer,
  until: (holds) => vi.waitFor(() => expect(holds()).toBe(true), { timeout: 10_000 }),
  nowSeconds: () => Math.floor(systemClock.now() / 1000),
})
