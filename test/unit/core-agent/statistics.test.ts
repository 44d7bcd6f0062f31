import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileCgroups } from '../../../src/core-agent/cgroup-files.ts'
import { networkOf, parseNetDev } from '../../../src/core-agent/usage/network.ts'
import { AgentRig, commandTask } from '../../support/agent-rig.ts'
import { idleReading } from '../../support/fake-cgroups.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const measuring = { resource_estimator: 'usage', qos_controller: 'graded' }

const details = {
  fileBytes: 300,
  mappedFileBytes: 30,
  unevictableBytes: 3,
  swapBytes: 1,
  processes: 2,
  threads: 5,
}

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:   90000      90    9    9    0     0          0         0    90000      90    9    9    0     0       0          0
  eth0:    1000      10    1    2    0     0          0         0     2000      20    3    4    0     0       0          0
  eth1:5       1    0    0    0     0          0         0        7       1    0    0    0     0       0          0
`

const network = {
  rxBytes: 1005,
  rxPackets: 11,
  rxErrors: 1,
  rxDropped: 2,
  txBytes: 2007,
  txPackets: 21,
  txErrors: 3,
  txDropped: 4,
}

const rowsOf = async (rig: AgentRig) => {
  const { json } = await rig.ask('GET', '/monitor/statistics')
  return (json as readonly { readonly statistics: object }[]).map((row) => row.statistics)
}

test('a container’s row has what it holds, runs, sends and receives, by the names of the wire (core-agent §5.1)', async () => {
  const rig = await new AgentRig({ flags: measuring }).up()
  const container = await rig.run('own', ['serve'])
  const group = `/shoal/regular/${container}`
  rig.cgroups.groups.set(4242, group)
  rig.cgroups.readings.set(group, { ...idleReading, memoryBytes: 4096, anonBytes: 1024 })
  rig.cgroups.detailed.set(group, details)
  rig.networks.set(4242, network)
  await rig.clock.advance(6000)
  const [row] = await rowsOf(rig)
  expect(row).toMatchObject({
    mem_total_bytes: 4096,
    mem_rss_bytes: 1024,
    mem_anon_bytes: 1024,
    mem_cache_bytes: 300,
    mem_file_bytes: 300,
    mem_mapped_file_bytes: 30,
    mem_swap_bytes: 1,
    mem_unevictable_bytes: 3,
    processes: 2,
    threads: 5,
    net_rx_bytes: 1005,
    net_rx_packets: 11,
    net_rx_errors: 1,
    net_rx_dropped: 2,
    net_tx_bytes: 2007,
    net_tx_packets: 21,
    net_tx_errors: 3,
    net_tx_dropped: 4,
  })
  expect(row).not.toHaveProperty('disk_used_bytes')
})

test('details are looked at once a minute, and shown in between (core-agent §5.2)', async () => {
  const rig = await new AgentRig({ flags: measuring }).up()
  const container = await rig.run('own', ['serve'])
  const group = `/shoal/regular/${container}`
  rig.cgroups.groups.set(4242, group)
  rig.cgroups.readings.set(group, idleReading)
  rig.cgroups.detailed.set(group, details)
  await rig.clock.advance(100_000)
  expect(rig.cgroups.detailsAsked).toEqual([group, group])
  rig.cgroups.detailed.set(group, { ...details, threads: 6 })
  expect(await rowsOf(rig)).toMatchObject([{ threads: 5 }])
  await rig.clock.advance(65_000)
  expect(await rowsOf(rig)).toMatchObject([{ threads: 6 }])
})

test('a command has its disk, and no network of its own', async () => {
  const rig = await new AgentRig({
    flags: { ...measuring, resources: 'cpus:4;mem:4096;disk:64' },
  }).up()
  const usage = { cpuUserSeconds: 1, diskBytes: 7000 }
  rig.commands.usage = () => usage
  const task = commandTask('t1', 'sleep 100000')
  const disk = { name: 'disk', type: 'SCALAR', scalar: { value: 8 } } as const
  rig.master.launch({ ...task, resources: [...(task.resources ?? []), disk] })
  await rig.clock.advance(7000)
  const [row] = await rowsOf(rig)
  expect(row).toMatchObject({ disk_used_bytes: 7000, disk_limit_bytes: 8 * 1024 ** 2 })
  for (const name of ['net_rx_bytes', 'mem_rss_bytes', 'threads'])
    expect(row).not.toHaveProperty(name)
})

test('all interfaces count but the loopback one, whether or not a blank follows its name', () => {
  expect(parseNetDev(netDev)).toEqual(network)
})

test.each([
  { name: 'the machine’s own network', pid: process.pid },
  { name: 'a process that has ended', pid: 999_999_999 },
])('there are no counters of $name', ({ pid }) => {
  expect(networkOf(pid)).toBeUndefined()
})

const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
}

test.each([
  {
    version: 2,
    fill: (mount: string) => {
      write(mount, { 'cgroup.controllers': 'cpu memory\n' })
      write(join(mount, 'g'), {
        'memory.stat': 'anon 10\nfile 300\nfile_mapped 30\nunevictable 3\n',
        'memory.swap.current': '1\n',
        'cgroup.procs': '11\n12\n',
        'pids.current': '5\n',
      })
    },
  },
  {
    version: 1,
    fill: (mount: string) => {
      write(join(mount, 'memory', 'g'), {
        'memory.stat':
          'cache 1\nrss 1\ntotal_cache 300\ntotal_rss 10\ntotal_mapped_file 30\ntotal_swap 1\ntotal_unevictable 3\n',
      })
      write(join(mount, 'cpu', 'g'), { 'cgroup.procs': '11\n12\n' })
      write(join(mount, 'pids', 'g'), { 'pids.current': '5\n' })
    },
  },
])('cgroup v$version: details of a group; none of one that is not there', ({ fill }) => {
  const mount = temporaryFolder('details')
  fill(mount)
  const cgroups = fileCgroups('/shoal', mount)
  expect(cgroups.details('g')).toEqual(details)
  expect(cgroups.details('other')).toBeUndefined()
})
