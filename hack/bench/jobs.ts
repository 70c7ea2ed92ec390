// What a process of the load is asked to do, and what it answers.
import type { Endpoint } from './endpoint.ts'

/** One kind of request by several clients, each on a connection of its own, each waiting for its answer. */
export interface RequestJob {
  readonly kind: 'requests'
  /** Name in operations.ts. */
  readonly operation: string
  readonly clients: number
  /** Each client's turns: from here, at most so many, and no new one after so many seconds. */
  readonly from: number
  readonly count: number
  readonly seconds: number
}

/** GETs, one after the other; the answers are read and counted. */
export interface GetJob {
  readonly kind: 'gets'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly count: number
}

/** POSTs of a body, by several clients: for the bare server. */
export interface PostJob {
  readonly kind: 'posts'
  readonly path: string
  readonly bytes: number
  readonly clients: number
  readonly count: number
}

export type Protocol = 'http1' | 'http2'

/** Opens watches and counts the events they bring, until there are as many as expected. Answered when all are open. */
export interface WatchJob {
  readonly kind: 'watch'
  readonly path: string
  readonly watches: number
  readonly protocol: Protocol
  /** Of HTTP/2, shared by all watches. With HTTP/1.1 each watch has its own. */
  readonly connections: number
  readonly expected: number
}

/** Informers that all begin at once: list and watch, or a watch that begins with what is there. Protobuf or JSON. */
export interface InformerJob {
  readonly kind: 'informers'
  readonly collection: string
  readonly resourceVersion: string
  readonly objects: number
  readonly informers: number
  readonly mode: 'list' | 'stream'
  readonly accept: string
  readonly gzip: boolean
}

/** Waits for the events of the watches that were opened last, and closes them. */
export interface DeliveredJob {
  readonly kind: 'delivered'
}

export type Job = RequestJob | GetJob | PostJob | WatchJob | DeliveredJob | InformerJob

export interface Outcome {
  /** How many requests, events or informers. */
  readonly count: number
  readonly seconds: number
  /** Milliseconds of one request, event or informer; 0 where they were not timed. */
  readonly p50: number
  readonly p99: number
  /** Of bodies, as they came. */
  readonly bytes: number
  /** Of the load's process meanwhile. */
  readonly cpuMs: number
  /** Of requests: the turn behind the last one of any client, and behind the last one that all clients have made. */
  readonly turns: number
  readonly turnsOfAll: number
}

export type Question = { readonly id: number; readonly job: Job } | { readonly endpoint: Endpoint }
export type Reply = { readonly id: number; readonly outcome: Outcome } | { readonly id: number; readonly error: string }
