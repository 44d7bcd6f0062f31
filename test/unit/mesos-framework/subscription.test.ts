import { expect, test } from 'vitest'
import { tasksOf } from '../../support/fake-mesos.ts'
import { FrameworkRig } from '../../support/framework-rig.ts'

const oneAgent = async (options: readonly string[] = []) => {
  const rig = new FrameworkRig(options)
  rig.addAgent('node1', 'cpus:4;mem:4096', 'cpus:4')
  await rig.open()
  return rig
}

test('SUBSCRIBE says who we are and what we understand', async () => {
  const rig = await oneAgent(['mesos.role=dev', 'mesos.user=alice'])
  expect(rig.mesos.of('SUBSCRIBE')[0]?.subscribe?.framework_info).toMatchObject({
    user: 'alice',
    name: 'shoal',
    hostname: 'frontend',
    roles: ['dev'],
    checkpoint: true,
    capabilities: [
      'MULTI_ROLE',
      'PARTITION_AWARE',
      'TASK_KILLING_STATE',
      'RESERVATION_REFINEMENT',
      'GPU_RESOURCES',
      'REVOCABLE_RESOURCES',
    ].map((type) => ({ type })),
  })
})

test('a master that restarts is subscribed to again under the same id, and every task is asked for (D11, D37)', async () => {
  const rig = await oneAgent()
  await rig.created()
  rig.mesos.hangUp()
  await rig.run(10)
  expect(rig.framework.summary().master).toBeUndefined()
  expect(rig.framework.offers()).toEqual([])
  await rig.run(5000)
  expect(rig.framework.summary().master).toBe('master:5050')
  expect(rig.mesos.of('SUBSCRIBE').at(-1)?.framework_id).toEqual({ value: 'M-0000' })
  expect(rig.mesos.of('RECONCILE').at(-1)?.reconcile?.tasks).toHaveLength(1)
  expect(await rig.created()).toBeDefined()
})

test('five missed heartbeats end the subscription, and a new one follows', async () => {
  const rig = await oneAgent()
  rig.mesos.send = () => {}
  await rig.run(76_000)
  expect(rig.lines.said).toContain('no subscription: silent for 75s')
  await rig.run(1000)
  expect(rig.mesos.of('SUBSCRIBE')).toHaveLength(2)
})

test('307 leads to the leader', async () => {
  const rig = new FrameworkRig()
  const { application } = rig.mesos
  rig.network.listen('master:5050', (_request, exchange) =>
    exchange.reply(307, { location: '//leader:5050/api/v1/scheduler' }),
  )
  rig.network.listen('leader:5050', application)
  await rig.open()
  expect(rig.framework.summary().master).toBe('leader:5050')
})

test('masters that point at each other are left alone for a while', async () => {
  const rig = new FrameworkRig()
  let asked = 0
  rig.network.listen('master:5050', (_request, exchange) => {
    asked += 1
    exchange.reply(307, { location: '//master:5050/' })
  })
  await rig.framework.open()
  await rig.run(10_000)
  expect(asked).toBeLessThan(100)
})

test.each([
  {
    name: 'removed: the remedy is named',
    message: 'Framework has been removed',
    want: /delete its work directory/,
  },
  {
    name: 'failed over: another process has it',
    message: 'Framework failed over',
    want: /another process took over framework M-0000/,
  },
  { name: 'any other', message: "Role '/' is invalid", want: /Role '\/' is invalid/ },
])('ERROR is the end of the subscription: $name', async ({ message, want }) => {
  const rig = await oneAgent()
  const waiting = rig.create({ cpus: 100 })
  rig.mesos.send({ type: 'ERROR', error: { message } })
  await rig.run(100)
  expect(waiting.value).toMatchObject({ kind: 'failed', message: expect.stringMatching(want) })
  const later = rig.create()
  await rig.run(60_000)
  expect(later.value).toMatchObject({ kind: 'failed', message: expect.stringMatching(want) })
  expect(rig.mesos.of('SUBSCRIBE')).toHaveLength(1)
})

test('a refused ACCEPT did nothing: its request is launched after the next subscription', async () => {
  const rig = await oneAgent()
  rig.mesos.refuse = { status: 403, text: 'Framework is not subscribed' }
  const create = rig.create()
  await rig.run(5)
  rig.mesos.refuse = undefined
  await rig.run(3000)
  expect(create.value).toMatchObject({ kind: 'created' })
  expect(rig.mesos.of('SUBSCRIBE')).toHaveLength(2)
})

test('an ACCEPT whose answer was lost is never sent again: the task it started is found (I4)', async () => {
  const rig = await oneAgent()
  const take = rig.mesos.application
  let isLost = false
  rig.network.listen('master:5050', (request, exchange) =>
    take(request, {
      ...exchange,
      open: (...args) => exchange.open(...args),
      reply: (...args) => {
        if (rig.mesos.calls.at(-1)?.type === 'ACCEPT' && !isLost) isLost = true
        else exchange.reply(...args)
      },
    }),
  )
  rig.mesos.onLaunch = () => {}
  const create = rig.create()
  await rig.run(12_000)
  expect(isLost).toBe(true)
  expect(rig.mesos.of('SUBSCRIBE')).toHaveLength(2)
  const [task] = rig.mesos.tasks.values()
  if (task !== undefined) rig.mesos.created(task)
  await rig.run(100)
  expect(create.value).toMatchObject({ kind: 'created' })
  expect(rig.mesos.of('ACCEPT').flatMap(tasksOf)).toHaveLength(1)
})

test('an ACCEPT that never arrived is known from reconciliation, and launched once more', async () => {
  const rig = await oneAgent(['mesos.tasktimeout=30s'])
  const take = rig.mesos.application
  let isLost = false
  rig.network.listen('master:5050', (request, exchange) => {
    const isAccept = Buffer.from(request.body).includes('io.shoal.create')
    if (isAccept && !isLost) isLost = true
    else take(request, exchange)
  })
  const create = rig.create()
  await rig.run(15_000)
  expect(isLost).toBe(true)
  expect(create.value).toMatchObject({ kind: 'created' })
})

test('close leaves the framework registered and answers who waits', async () => {
  const rig = await oneAgent()
  const waiting = rig.create({ cpus: 100 })
  await rig.framework.close()
  await rig.run(60_000)
  expect(waiting.value).toEqual({ kind: 'cancelled' })
  expect(rig.mesos.of('TEARDOWN')).toEqual([])
  expect(rig.mesos.of('SUBSCRIBE')).toHaveLength(1)
})

test('without mesos.enablerevocable the capability is not registered', async () => {
  const rig = await oneAgent(['mesos.enablerevocable=false'])
  const info = rig.mesos.of('SUBSCRIBE')[0]?.subscribe?.framework_info
  expect(info?.capabilities?.map(({ type }) => type)).not.toContain('REVOCABLE_RESOURCES')
})
