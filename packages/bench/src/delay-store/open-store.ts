import { systemClock } from '@ddmq/common/clock'
import { RocksStore } from '@ddmq/storage/rocksdb'

const FREE_SPACE_FLOOR_BYTES = 256 * 1024 * 1024

export function openStore(dir: string): Promise<RocksStore> {
  return RocksStore.open({
    dir,
    fsync: false,
    clock: systemClock,
    freeSpaceFloorBytes: FREE_SPACE_FLOOR_BYTES,
  })
}
