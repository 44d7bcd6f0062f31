/**
 * A framework of somebody else: the npm package `mesos-framework`, unmodified. Launches two docker tasks, prints what
 * it hears as JSON lines, tears down when both have run, and ends.
 * Arguments: master host, master port.
 */
const { Mesos: MesosModule, Scheduler } = require('mesos-framework')

const Mesos = MesosModule.getMesos()
const [host, port] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const { ContainerInfo } = Mesos
const container = new ContainerInfo(
  ContainerInfo.Type.DOCKER,
  null,
  null,
  new ContainerInfo.DockerInfo(
    'busybox',
    ContainerInfo.DockerInfo.Network.HOST,
    null,
    false,
    null,
    false,
    null,
  ),
)

const ended = new Set()
const scheduler = new Scheduler({
  masterUrl: host,
  port,
  frameworkName: 'foreign',
  logging: { path: process.cwd(), fileName: 'foreign.log', level: 'debug' },
  restartStates: ['TASK_LOST'],
  tasks: {
    sleepers: {
      priority: 1,
      instances: 2,
      executorInfo: null,
      containerInfo: container,
      commandInfo: new Mesos.CommandInfo(null, null, true, 'sleep 1', null, null),
      resources: { cpus: 0.1, mem: 32, ports: 1, disk: 0 },
      healthChecks: null,
      labels: null,
    },
  },
})

scheduler.on('ready', () => scheduler.subscribe())
scheduler.on('subscribed', ({ frameworkId }) => say({ subscribed: frameworkId }))
scheduler.on('offers', (offers) => say({ offers: (offers.offers ?? offers).length }))
// The master ends the stream of a framework that it tore down, which the client calls an error.
scheduler.on('error', (error) => ended.size < 2 && say({ error: error.message ?? String(error) }))
scheduler.on('update', ({ status }) => {
  say({ task: status.task_id.value, state: status.state, hasUuid: Boolean(status.uuid) })
  if (status.state !== 'TASK_FINISHED') return
  ended.add(status.task_id.value)
  if (ended.size < 2) return
  scheduler.teardown()
})
scheduler.on('sent_teardown', () => say({ teardown: true }))
