export type { Component, Health } from './component.ts'
export type { ProcessDeps } from './process-deps.ts'
