import type { AdminRoute } from '@ddmq/common/admin-http'
import type { Component, ProcessDeps } from '@ddmq/common/lifecycle'
import type { z } from 'zod'
import type { GlobalOptions } from '../context.ts'
import type { Ports } from '../ports.ts'
import type { OpenedPorts } from './open-ports.ts'
import type { PortConfig } from './port-config.ts'
import type { ProcessConfig } from './process-config.ts'

/** What every configuration file of a service holds beside the service's own section. */
export type ServiceFile = ProcessConfig & PortConfig

type ServiceDeps = ProcessDeps & Pick<OpenedPorts, 'registry' | 'connector'>

/** One service that runs as a process of its own. */
export interface ServiceKind<File extends ServiceFile> {
  /** The command that starts it. */
  readonly name: string
  readonly envPrefix: string
  readonly schema: z.ZodType<File>
  /** What the global options imply; lies below the file. */
  defaults(context: { readonly options: Pick<GlobalOptions, 'host'>; readonly ports: Ports }): object
  compose(file: File, deps: ServiceDeps): ComposedService
}

export interface ComposedService {
  /** The service's own parts in start order, behind the ports. */
  readonly components: readonly Component[]
  /** Paths of its own on the admin port. */
  readonly routes?: readonly AdminRoute[]
  /** What a person wants to know once it runs, one line each. */
  readonly announce: () => readonly string[] | Promise<readonly string[]>
}
