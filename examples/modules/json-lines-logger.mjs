import { appendFile } from 'node:fs/promises'

/**
 * Gathers the output of all docker tasks of a machine in one file, a JSON line for each line. Parameters: `file`.
 */
export const jsonLinesLogger = {
  apiVersion: '1.0',
  kind: 'ContainerLogger',
  name: 'example_json_lines_logger',
  description: 'Appends the output of docker tasks to one file of JSON lines.',
  worker: true,
  compatible: () => true,

  create({ file }) {
    if (!file) throw new Error('parameter file is missing: name the file to append to')

    return {
      // The next piece of a container comes when this one is done.
      async write({ container, entries }) {
        const lines = entries.map(({ stream, time, text }) => {
          const message = Buffer.from(text).toString().replace(/\n$/, '')
          return `${JSON.stringify({ time, container, stream, message })}\n`
        })
        await appendFile(file, lines.join(''))
      },
    }
  },
}
