import { availableParallelism } from 'node:os'
import { fileCgroups } from '../src/core-agent/cgroup-files.ts'
import type { Cgroups } from '../src/core-agent/cgroups.ts'
import { DockerodeEngine } from '../src/core-agent/docker/dockerode-engine.ts'
import { record } from '../src/core-agent/docker/inspect.ts'
import { systemClock } from '../src/runtime/clock.ts'
import type { Ground } from './agent-on-engine.ts'

/** The two tiers of an agent, without the agent: the kernel's part in what a bench measures. */
export interface Place {
  readonly engine: DockerodeEngine
  readonly cgroups: Cgroups
  readonly tiers: { readonly regular: string; readonly revocable: string }
}

export const removal = { type: 'remove', force: true, volumes: true, link: false } as const

export const tiersOn = async (ground: Ground): Promise<Place> => {
  const engine = new DockerodeEngine({
    socketPath: ground.engine.socket,
    clock: systemClock,
  })
  const { cgroupDriver } = await engine.facts()
  const cgroups = fileCgroups(ground.cgroupsRoot)
  const { tiers } = cgroups.prepare({ driver: cgroupDriver, cpus: availableParallelism() })
  return { engine, cgroups, tiers: { regular: '', revocable: '', ...tiers } }
}

/** A container of the tier that runs a line of shell, and its first process. */
export const start = async ({ engine }: Place, parent: string, line: string) => {
  const { id } = await engine.create({
    name: '',
    platform: '',
    body: {
      Image: 'busybox',
      Cmd: ['sh', '-c', line],
      HostConfig: { NetworkMode: 'none', CgroupParent: parent },
    },
  })
  await engine.change(id, { type: 'start' })
  return { id, pid: Number(record((await engine.inspect(id))?.['State'])['Pid']) }
}
