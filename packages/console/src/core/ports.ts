import type { DelaySettings, DocumentKind } from '@ddmq/common/registry'
import type { InstanceStats, Shard, ShardReport } from './delay-stats.ts'
import type {
  Cluster,
  Inventory,
  MqServer,
  NewGroup,
  NewSubscription,
  NewTopic,
  NewTopicConf,
  ProxyKind,
  Topic,
} from './model.ts'

/** A document of the config tree that a change touches, by name: its text follows from the rows when it is published. */
export interface TouchedDocument {
  readonly kind: DocumentKind
  readonly name: string
}

/** Says that a document may differ from the rows. Made in the transaction of the change, removed once they are equal. */
export interface PublicationMark extends TouchedDocument {
  readonly id: number
}

/** What documents are made of, and the marks made until then: all as of one moment. */
export interface PublicationState {
  readonly inventory: Inventory
  /** Documents whose rows were deleted and whose nodes are to go with them, unless there are new rows of the name. */
  readonly withdrawn: readonly TouchedDocument[]
  readonly marks: readonly PublicationMark[]
}

/** What only one console of a database does at a time. */
export type ExclusiveWork = 'change' | 'publish'

/** The console's database. What resolved is stored and visible to every later call, of whichever console. */
export interface MetadataStore {
  /** All live metadata as of one moment. */
  inventory(): Promise<Inventory>
  /** Also true for deleted topics: a name is never given twice (console.md §5.1). */
  topicNameTaken(name: string): Promise<boolean>
  /**
   * One transaction: all of its rows are written, or none. `work` does nothing but write rows: it is run again from the
   * start where the database asks for that. Rejects with `CONSOLE_DATABASE_OUTCOME_UNKNOWN` when the database was lost
   * before it said whether it stored them.
   */
  write<Result>(work: (rows: MetadataWriter) => Promise<Result>): Promise<Result>

  /** What is still to be published, in the order of the changes. */
  marks(): Promise<readonly PublicationMark[]>
  publicationState(): Promise<PublicationState>
  /** Removes marks; those that are gone already do not matter. */
  removeMarks(ids: readonly number[]): Promise<void>

  /**
   * Waits for its turn among all consoles of the database, then works. What `work` does goes through the store it is
   * given, whose connection holds the lock: where the connection is lost, so is everything that is not yet stored.
   */
  exclusively<Result>(what: ExclusiveWork, work: (store: MetadataStore) => Promise<Result>): Promise<Result>
}

/** The rows of one transaction. */
export interface MetadataWriter {
  inventory(): Promise<Inventory>
  insertTopic(topic: NewTopic, confs: readonly NewTopicConf[]): Promise<number>
  /** Another unit of a topic that exists. */
  insertTopicConf(topic: Pick<Topic, 'id' | 'name'>, conf: NewTopicConf): Promise<void>
  deleteTopicConf(id: number): Promise<void>
  setTopicDelay(id: number, delay: DelaySettings): Promise<void>
  /** With a relation to the cluster for each kind of proxy. */
  insertMqServer(mqServer: NewMqServer): Promise<number>
  setMqServerAddr(id: number, addr: string): Promise<void>
  /** With its relations. */
  deleteMqServer(id: number): Promise<void>
  insertGroup(group: NewGroup): Promise<number>
  insertSubscriptions(subscriptions: readonly NewSubscription[]): Promise<readonly number[]>
  /** Enabling also notes that the start positions are set. */
  setSubscriptionEnabled(id: number, enabled: boolean): Promise<void>
  deleteSubscription(id: number): Promise<void>
  /** With its subscriptions; `user` is kept as the remark. */
  deleteGroup(id: number, user: string): Promise<void>
  insertNode(node: { clusterId: number; host: string; kind: ProxyKind; seeded: boolean }): Promise<number>
  /** Takes a proxy out of service; its own document stays, so that its process is not stopped by this. */
  deleteNode(id: number): Promise<void>
  /** Of a proxy that is gone for good: its document goes, too. */
  withdrawNode(id: number): Promise<void>
  /** Creates what the seed names and is not there; never changes a row that is. */
  seed(seed: Seed): Promise<void>
  /** Marks documents as to be published. */
  touch(documents: readonly TouchedDocument[]): Promise<void>
}

/** A broker cluster to be bound to a cluster, and the templates of that cluster's proxies. */
export interface NewMqServer extends Pick<MqServer, 'name' | 'addr' | 'type'> {
  readonly cluster: Cluster
  readonly templates: Readonly<Record<ProxyKind, object>>
}

export interface Seed {
  readonly idc: string
  readonly cluster: string
  readonly brokerCluster: Pick<MqServer, 'name' | 'addr' | 'type'>
  readonly pproxyTemplate: object
  readonly cproxyTemplate: object
}

/** What one instance of the delay service answered, or why there is no answer. */
export type InstanceAnswer<Answer> = { readonly url: string } & (
  | { readonly answer: Answer }
  | { readonly problem: string }
)

/** A delayed message as one instance knows it: one line for the next round. */
export interface PendingMessage extends Pick<Shard, 'cluster' | 'shard'> {
  readonly role: ShardReport['role']
  readonly round: number
  readonly dueMs: number
  readonly bytes: number
  readonly cancelledFromRound: number | null
  readonly asideReason: string | null
}

/** A delayed message by one of the ids of its rounds. */
export interface MessageQuery {
  readonly topic: string
  readonly id: string
}

/** The instances of the delay service that the configuration names, all asked side by side. Never rejects. */
export interface DelayInstances {
  stats(): Promise<readonly InstanceAnswer<InstanceStats>[]>
  /** Undefined from an instance that does not know the message. */
  find(query: MessageQuery): Promise<readonly InstanceAnswer<PendingMessage | undefined>[]>
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
