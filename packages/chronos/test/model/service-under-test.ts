import type { LogCluster } from '@ddmq/storage'
import type { SimulatedProcess } from './simulated-process.ts'

/** Where one instance of the delay service runs. */
export interface InstancePlace<Disk> {
  readonly instanceId: string
  /** Its clocks; and through `guard` whatever it awaits beside them and the cluster, so that a dead process stays dead. */
  readonly process: SimulatedProcess
  readonly cluster: LogCluster
  /** Outlives the process. */
  readonly disk: Disk
}

export interface RunningInstance {
  /** Finishes what is in flight and leaves the group. */
  stop(deadline: AbortSignal): Promise<void>
}

/**
 * A delay service as the property test sees it. It is killed by killing its process: nothing it waits for comes back, and the
 * next instance of that name gets the disk, an older copy of it, or a new one.
 */
export interface ServiceUnderTest<Disk> {
  /** Forgets what it was told of topics: another world begins. */
  begin?(): void
  newDisk(): Disk
  copyDisk(disk: Disk): Disk
  /** Begins to work; does not wait for it. */
  start(place: InstancePlace<Disk>): RunningInstance
  /** Holds the topic back until told otherwise. */
  pauseTopic?(topic: string, isPaused: boolean): void
  /** It fires on a log without transactions, where what fails is done again. */
  readonly withoutTransactions?: boolean
  /** How far its clock may be ahead of the true time where a process's wall clock is. */
  readonly earlyMs: number
}
