import type { Inventory, NewGroup, NewSubscription, NewTopic, NewTopicConf, ProxyKind } from './model.ts'

/**
 * The console's database. Every method is one transaction: all of its rows are written, or none.
 * Writes become visible to `inventory` before they resolve.
 */
export interface MetadataStore {
  /** All live metadata as of one moment. */
  inventory(): Promise<Inventory>
  /** Groups that were deleted; a live group may have one of their names again. */
  deletedGroupNames(): Promise<readonly string[]>
  /** Also true for deleted topics: a name is never given twice (console.md §5.1). */
  topicNameTaken(name: string): Promise<boolean>
  insertTopic(topic: NewTopic, confs: readonly NewTopicConf[]): Promise<number>
  insertGroup(group: NewGroup): Promise<number>
  insertSubscriptions(subscriptions: readonly NewSubscription[]): Promise<readonly number[]>
  /** Enabling also notes that the start positions are set. */
  setSubscriptionEnabled(id: number, enabled: boolean): Promise<void>
  deleteSubscription(id: number): Promise<void>
  /** With its subscriptions; `user` is kept as the remark. */
  deleteGroup(id: number, user: string): Promise<void>
  insertNode(node: { clusterId: number; host: string; kind: ProxyKind; seeded: boolean }): Promise<number>
  deleteNode(id: number): Promise<void>
  /** Creates what the seed names and is not there; never changes a row that is. */
  seed(seed: Seed): Promise<void>
}

export interface Seed {
  readonly idc: string
  readonly cluster: string
  readonly brokerCluster: string
  readonly pproxyTemplate: object
  readonly cproxyTemplate: object
}

export interface ApiToken {
  readonly name: string
  readonly createdMs: number
}

/** People, their sessions, and tokens. Secrets arrive hashed. */
export interface AccountStore {
  accountNames(): Promise<readonly string[]>
  passwordHash(name: string): Promise<string | undefined>
  /** Creates the account, or replaces its password and ends its sessions. */
  putAccount(name: string, passwordHash: string): Promise<void>

  putSession(secretHash: string, account: string, expiresMs: number): Promise<void>
  /** Account of a session that has not expired. */
  sessionAccount(secretHash: string, nowMs: number): Promise<string | undefined>
  deleteSession(secretHash: string): Promise<void>
  deleteExpiredSessions(nowMs: number): Promise<void>

  /** False when there is a token of that name. */
  insertToken(name: string, secretHash: string, createdMs: number): Promise<boolean>
  tokens(): Promise<readonly ApiToken[]>
  tokenName(secretHash: string): Promise<string | undefined>
  /** False when there is none. */
  deleteToken(name: string): Promise<boolean>
}
