import { messageType } from '../../src/mesos/proto.ts'
import { bestCpuMicros } from '../measure.ts'
import { type Bench, floor, type Measured } from '../row.ts'
import { accept, offers } from './messages.ts'
import { frame, frames } from './record.ts'

const messages = 20_000
const records = 200_000

const perMessage = (work: () => unknown): Measured =>
  bestCpuMicros(messages, () => {
    for (let message = 0; message < messages; message++) work()
  })

/** H4–H6: protobuf by reflection, JSON of the same, and RecordIO around it. */
export const wire: Bench = {
  ids: ['H4', 'H5', 'H6'],
  run: async () => {
    const event = messageType('mesos.v1.scheduler.Event')
    const call = messageType('mesos.v1.scheduler.Call')
    const offersMessage = event.fromObject(offers)
    const offersBytes = event.encode(offersMessage).finish()
    const acceptMessage = call.fromObject(accept)
    const acceptBytes = call.encode(acceptMessage).finish()
    const acceptText = JSON.stringify(accept)
    const stream = Buffer.concat(Array.from({ length: records }, () => frame(offersBytes)))
    const ofOffers = `OFFERS, ${offersBytes.length} B`
    const ofAccept = `ACCEPT, ${acceptBytes.length} B`
    const asJson = `ACCEPT as JSON, ${acceptText.length} B`
    const read = (each: (record: Uint8Array) => void) =>
      bestCpuMicros(records, () => {
        for (const record of frames(stream)) each(record)
      })
    return [
      floor(
        'H4',
        `encode ${ofOffers}`,
        'us',
        perMessage(() => event.encode(offersMessage).finish()),
      ),
      floor(
        'H4',
        `decode ${ofOffers}`,
        'us',
        perMessage(() => event.decode(offersBytes)),
      ),
      floor(
        'H5',
        `encode ${ofAccept}`,
        'us',
        perMessage(() => call.encode(acceptMessage).finish()),
      ),
      floor(
        'H5',
        `decode ${ofAccept}`,
        'us',
        perMessage(() => call.decode(acceptBytes)),
      ),
      floor(
        'H5',
        `stringify ${asJson}`,
        'us',
        perMessage(() => JSON.stringify(accept)),
      ),
      floor(
        'H5',
        `parse ${asJson}`,
        'us',
        perMessage(() => JSON.parse(acceptText)),
      ),
      floor(
        'H6',
        `RecordIO framing, ${ofOffers}`,
        'us',
        read(() => {}),
      ),
      floor(
        'H6',
        `RecordIO and decode, ${ofOffers}`,
        'us',
        read((record) => event.decode(record)),
      ),
    ]
  },
}
