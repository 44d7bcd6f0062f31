/** The same executor as executor.cjs, on the npm package `mesos-framework`, unmodified. */
const { randomUUID } = require('node:crypto')
const { Executor } = require('mesos-framework')

const update = (task_id, state) =>
  executor.update({
    task_id,
    state,
    source: 'SOURCE_EXECUTOR',
    uuid: Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64'),
    timestamp: Date.now() / 1000,
  })

const executor = new Executor({
  handlers: {
    SUBSCRIBED: (_subscribed) => {},
    LAUNCH: ({ task }) => {
      update(task.task_id, 'TASK_RUNNING')
      if (Buffer.from(task.data ?? '', 'base64').toString() === 'short')
        setTimeout(() => update(task.task_id, 'TASK_FINISHED'), 50)
    },
    KILL: ({ task_id }) => update(task_id, 'TASK_KILLED'),
    ACKNOWLEDGED: (_acknowledged) => {},
    MESSAGE: ({ data }) => executor.message(Buffer.from(data, 'base64').toString().toUpperCase()),
    SHUTDOWN: (_shutdown) => process.exit(0),
  },
})
executor.on('error', ({ message }) => console.error(message))
executor.subscribe()
