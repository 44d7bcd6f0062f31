/**
 * An executor after Mesos' public documentation of its v1 API, in JSON: runs each task by waiting for a moment, tells of
 * it, answers a message with the same in capitals, and ends when it is told to.
 */
const http = require('node:http')
const { randomUUID } = require('node:crypto')

const { MESOS_AGENT_ENDPOINT, MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID } = process.env
const ids = {
  framework_id: { value: MESOS_FRAMEWORK_ID },
  executor_id: { value: MESOS_EXECUTOR_ID },
}

const post = (call, onResponse = (response) => response.resume()) => {
  const request = http.request(
    `http://${MESOS_AGENT_ENDPOINT}/api/v1/executor`,
    { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' } },
    onResponse,
  )
  request.on('error', () => process.exit(2))
  request.end(JSON.stringify({ ...ids, ...call }))
}

const update = (task_id, state) =>
  post({
    type: 'UPDATE',
    update: {
      status: {
        task_id,
        state,
        source: 'SOURCE_EXECUTOR',
        uuid: Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64'),
        timestamp: Date.now() / 1000,
      },
    },
  })

/** Tasks that run until they are killed, by name. */
const events = {
  LAUNCH: ({ launch: { task } }) => {
    update(task.task_id, 'TASK_RUNNING')
    if (Buffer.from(task.data ?? '', 'base64').toString() === 'short')
      setTimeout(() => update(task.task_id, 'TASK_FINISHED'), 50)
  },
  KILL: ({ kill }) => update(kill.task_id, 'TASK_KILLED'),
  MESSAGE: ({ message }) => {
    const text = Buffer.from(message.data, 'base64').toString().toUpperCase()
    post({ type: 'MESSAGE', message: { data: Buffer.from(text).toString('base64') } })
  },
  SHUTDOWN: () => process.exit(0),
}

post({ type: 'SUBSCRIBE', subscribe: {} }, (response) => {
  let held = Buffer.alloc(0)
  response.on('data', (chunk) => {
    held = Buffer.concat([held, chunk])
    for (let end = held.indexOf('\n'); end !== -1; end = held.indexOf('\n')) {
      const length = Number(held.subarray(0, end).toString())
      if (held.length < end + 1 + length) return
      const event = JSON.parse(held.subarray(end + 1, end + 1 + length).toString())
      held = held.subarray(end + 1 + length)
      console.log(event.type)
      events[event.type]?.(event)
    }
  })
  response.on('end', () => process.exit(1))
})
