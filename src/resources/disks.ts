/** How a storage provider names a disk. */
interface DiskIdentity {
  readonly vendor?: string
  readonly id?: string
  readonly profile?: string
  readonly metadata?: readonly { readonly key: string; readonly value?: string }[]
}

/** Where a disk resource lies, if not in the work directory (core-agent §1.2). */
export type DiskSource =
  | (DiskIdentity & { readonly type: 'PATH' | 'MOUNT'; readonly root: string })
  | (DiskIdentity & { readonly type: 'BLOCK' | 'RAW'; readonly root?: undefined })

/** A part of a disk that outlives its tasks (core-master R13). */
export interface PersistentVolume {
  readonly id: string
  readonly principal?: string
  /** Where a task sees it. Two resources that differ only in that are the same (core-master R3). */
  readonly containerPath: string
  readonly mode: 'RW' | 'RO'
}

/** Equal for the same place. */
export const sourceKey = (disk: DiskSource | undefined): string =>
  disk === undefined
    ? ''
    : [disk.type, disk.root ?? '', disk.vendor, disk.id, disk.profile, metadataKey(disk)].join(' ')

const metadataKey = ({ metadata }: DiskIdentity): string =>
  metadata === undefined ? '' : JSON.stringify(metadata)

/** Equal for the same volume, wherever it is mounted. */
export const volumeKey = (volume: PersistentVolume | undefined): string =>
  volume === undefined ? '' : JSON.stringify([volume.id, volume.principal ?? null])

/** A disk that is taken whole or not at all: a mount, a device, and a raw disk that has a name (core-master R3, R5). */
export const isWholeDisk = (disk: DiskSource | undefined): boolean =>
  disk !== undefined &&
  (disk.type === 'MOUNT' || disk.type === 'BLOCK' || (disk.type === 'RAW' && disk.id !== undefined))
