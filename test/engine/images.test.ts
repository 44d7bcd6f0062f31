import { expect, inject, onTestFinished, test } from 'vitest'
import { DockerodeEngine } from '../../src/core-agent/docker/dockerode-engine.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { send } from '../support/real-agent.ts'

const { socket: socketPath } = inject('engine')
const where = { socketPath }

test('images are told with their size and whether a container has them, and go by name', async () => {
  const engine = new DockerodeEngine({ socketPath, clock: systemClock })
  const name = `shoal-images-${process.pid}`
  const body = { Image: 'busybox', Cmd: ['true'] }
  const made = await send(where, 'POST', `/containers/create?name=${name}`, body)
  const { Id: container } = JSON.parse(made.body) as { Id: string }
  onTestFinished(async () => void (await send(where, 'DELETE', `/containers/${container}?force=1`)))
  for (const tag of ['1', '2'])
    await send(where, 'POST', `/commit?container=${container}&repo=${name}&tag=1`, {}).then(() =>
      send(where, 'POST', `/images/${name}:1/tag?repo=${name}&tag=${tag}`),
    )
  const find = async (reference: string) =>
    (await engine.storage()).images.find(({ references }) => references.includes(reference))
  expect(await find('busybox:latest')).toMatchObject({ inUse: true })
  const image = await find(`${name}:1`)
  expect(image?.inUse).toBe(false)
  expect(image?.references).toHaveLength(2)
  expect(image?.sizeBytes).toBeGreaterThan(100_000)
  const { disk } = await engine.storage()
  expect(disk?.usedBytes).toBeLessThanOrEqual(disk?.totalBytes ?? 0)
  for (const reference of image?.references ?? []) await engine.removeImage(reference)
  expect(await find(`${name}:1`)).toBeUndefined()
  await expect(engine.removeImage('busybox:latest')).rejects.toMatchObject({ status: 409 })
})
