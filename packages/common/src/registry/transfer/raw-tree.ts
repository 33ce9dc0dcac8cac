/** Nodes by their paths below and including `/carrera/v4/config`, whatever they hold. */
export interface RawTree {
  /** Names of the children, sorted; none when the node is absent. */
  children(path: string): Promise<readonly string[]>
  /** Undefined when the node is absent. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Creates the node, and what is missing above it, or replaces what it holds. */
  write(path: string, data: Uint8Array): Promise<void>
}
