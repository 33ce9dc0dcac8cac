import type { Logger as PinoLogger } from 'pino'

/** The one logger type: pino's. Message constant, everything variable a field (house style). */
export type Logger = PinoLogger
