import { UsageError } from './errors.ts'

/** Where the listeners of one DDMQ stand; an offset moves all of them, so that several run side by side. */
export interface Ports {
  readonly producer: number
  readonly consumer: number
  readonly console: number
  /** Of `up`, and of a console that is a process of its own. */
  readonly admin: number
  /** Admin listeners of services that are processes of their own. */
  readonly producerAdmin: number
  readonly consumerAdmin: number
  readonly chronosAdmin: number
}

const DEFAULT_PORTS: Ports = {
  producer: 9613,
  consumer: 9713,
  console: 8080,
  admin: 9610,
  producerAdmin: 9611,
  consumerAdmin: 9612,
  chronosAdmin: 9617,
}

export function portsWithOffset(offset: number): Ports {
  const greatest = 65_535 - Math.max(...Object.values(DEFAULT_PORTS))
  if (!Number.isInteger(offset) || offset < 0 || offset > greatest) {
    throw new UsageError(`--port-offset must be a whole number from 0 to ${greatest}`)
  }
  return {
    producer: DEFAULT_PORTS.producer + offset,
    consumer: DEFAULT_PORTS.consumer + offset,
    console: DEFAULT_PORTS.console + offset,
    admin: DEFAULT_PORTS.admin + offset,
    producerAdmin: DEFAULT_PORTS.producerAdmin + offset,
    consumerAdmin: DEFAULT_PORTS.consumerAdmin + offset,
    chronosAdmin: DEFAULT_PORTS.chronosAdmin + offset,
  }
}
