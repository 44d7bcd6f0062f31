import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { EngineError } from './engine-error.ts'
import { engineRequest } from './engine-request.ts'
import { type TarEntry, tar } from './tar.ts'

const image = 'busybox:latest'
const program = '/bin/busybox'
/** dockerd itself gives up on a registry that does not answer after about 15 s. */
const pullDeadlineMs = 60_000
const importDeadlineMs = 60_000
const lookDeadlineMs = 10_000

export const hasBusyboxImage = async (socket: string): Promise<boolean> => {
  const path = `/images/${image}/json`
  const { status } = await engineRequest(
    socket,
    { method: 'GET', path },
    { timeoutMs: lookDeadlineMs },
  )
  return status === 200
}

/** False where no registry gives it; the engine's text says why, and nobody needs it. */
export const pullBusyboxImage = async (socket: string): Promise<boolean> => {
  const path = '/images/create?fromImage=busybox&tag=latest'
  try {
    await engineRequest(socket, { method: 'POST', path }, { timeoutMs: pullDeadlineMs })
  } catch {
    return false
  }
  return hasBusyboxImage(socket)
}

/** Makes the image from this machine's own static busybox. It has no digest: it came from no registry. */
export const importBusyboxImage = async (socket: string): Promise<void> => {
  const changes = [
    'CMD ["sh"]',
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ]
  const query = new URLSearchParams({ fromSrc: '-', repo: 'busybox', tag: 'latest' })
  for (const change of changes) query.append('changes', change)
  const answer = await engineRequest(
    socket,
    {
      method: 'POST',
      path: `/images/create?${query.toString()}`,
      contentType: 'application/x-tar',
      body: busyboxArchive(),
    },
    { timeoutMs: importDeadlineMs },
  )
  if (!(await hasBusyboxImage(socket)))
    throw new EngineError(`the engine did not take a ${image} made here: ${answer.body.trim()}`)
}

/** True where this machine has a busybox that runs by itself in an otherwise empty image. */
export const hasStaticBusybox = (): boolean => {
  try {
    return !readFileSync(program).subarray(0, 4096).includes('/ld-') // The path of a dynamic loader.
  } catch {
    return false
  }
}

const busyboxArchive = (): Buffer => {
  const applets = execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  const folders = ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'usr', 'usr/bin', 'var']
  const text = (content: string) => ({ mode: 0o644, content: Buffer.from(content) })
  const entries: TarEntry[] = [
    ...folders.map((name) => ({ path: `${name}/` as const, mode: 0o755 })),
    { path: 'tmp/', mode: 0o1777 },
    {
      path: 'etc/passwd',
      ...text('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n'),
    },
    { path: 'etc/group', ...text('root:x:0:\nnobody:x:65534:\n') },
    { path: 'bin/busybox', mode: 0o755, content: readFileSync(program) },
    ...applets
      .filter((name) => name !== 'busybox')
      .map((name) => ({ path: `bin/${name}`, linkTo: 'busybox' })),
    { path: 'usr/bin/env', linkTo: '../../bin/busybox' },
  ]
  return tar(entries)
}
