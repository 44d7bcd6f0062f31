/** One offer of a real master and the answer to it, as the v1 scheduler API carries them. */

const framework_id = { value: 'f3b1c9de-8f0e-4a34-9b54-0c3d2f3d8e07-0000' }
const agent_id = { value: 'f3b1c9de-8f0e-4a34-9b54-0c3d2f3d8e07-S0' }
const offer_id = { value: 'f3b1c9de-8f0e-4a34-9b54-0c3d2f3d8e07-O0' }

const scalar = (name: string, value: number) => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role: '*' },
})

export const offers = {
  type: 'OFFERS',
  offers: {
    offers: [
      {
        id: offer_id,
        framework_id,
        agent_id,
        hostname: 'node1.example.com',
        url: {
          scheme: 'http',
          address: { hostname: 'node1.example.com', ip: '10.0.0.1', port: 5051 },
          path: '/slave(1)',
        },
        resources: [
          scalar('cpus', 24),
          scalar('mem', 4096),
          scalar('disk', 4096),
          {
            name: 'ports',
            type: 'RANGES',
            ranges: { range: [{ begin: 31_000, end: 32_000 }] },
            allocation_info: { role: '*' },
          },
        ],
        allocation_info: { role: '*' },
      },
    ],
  },
} as const

export const accept = {
  framework_id,
  type: 'ACCEPT',
  accept: {
    offer_ids: [offer_id],
    operations: [
      {
        type: 'LAUNCH',
        launch: {
          task_infos: [
            {
              name: 'web',
              task_id: { value: '1f0a7d5e-6b1c-4b69-9d80-2f9c0f0f7f10' },
              agent_id,
              resources: [scalar('cpus', 2), scalar('mem', 64)],
              command: { shell: false },
              container: { type: 'DOCKER', docker: { image: 'busybox', network: 'BRIDGE' } },
            },
          ],
        },
      },
    ],
    filters: { refuse_seconds: 0 },
  },
} as const
