// GET on a collection: from memory, at any revision that is still known, in pages.
import { newBadRequest, newResourceExpired, newTooLargeResourceVersion, StatusError } from '../apimachinery/errors.ts'
import type { ResourceStore } from '../registry/store.ts'
import { selection, type Selection } from '../registry/selection.ts'
import { CompactedError, FutureRevisionError, type Entry } from '../storage/store.ts'
import type { CacheSnapshot } from '../storage/watch-cache.ts'
import { storeOf, type ListAnswer, type Scope } from './api.ts'
import { decodeContinue, encodeContinue, type ContinuePoint } from './continue-token.ts'
import { parseListOptions, parseRevision, type ListOptions } from './options.ts'

const expiredText =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the ' +
  'continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with ' +
  'the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the ' +
  'first chunk was returned and now may show up in the list.'

/** @throws StatusError 400, 410 (the revision or token is too old), 422, 504 (the revision is not there yet) */
export async function list(scope: Scope): Promise<ListAnswer> {
  const { resource, namespace, query } = scope
  const store = storeOf(resource, 'list')
  const options = parseListOptions(query, false)
  const selected = selection(resource.kind, options.labelSelector, options.fieldSelector)
  const prefix = store.listPrefix(namespace || narrowedNamespace(store, options, selected))
  const point = options.continueToken === '' ? undefined : continuePoint(options)
  const isOne = selected.name !== undefined && isOneNamespace(store, prefix)
  const snapshot = await snapshotFor(store, options, point, isOne)
  // A list that may be any age is served whole: paging it would make no sense of one revision.
  const limit = options.resourceVersion === '0' ? 0 : options.limit
  const after = point === undefined ? undefined : store.listPrefix(namespace) + point.after
  const { entries, last, more } = collect(store, snapshot, prefix, selected, limit, after)
  const metadata: ListAnswer['metadata'] = { resourceVersion: String(snapshot.revision) }
  if (more !== undefined) {
    metadata.continue = encodeContinue({ after: last!.key.slice(prefix.length), revision: snapshot.revision })
    if (selected.isAll) metadata.remainingItemCount = more
  }
  return { type: 'list', resource, entries, metadata }
}

/**
 * A first page of all namespaces that asks for the objects of one looks at no other, so none follows from there. Its
 * token counts from that namespace, and a page that continues counts from all: as the real server has it.
 * Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go ListPredicate
 */
function narrowedNamespace(store: ResourceStore, options: ListOptions, selected: Selection): string {
  if (!store.kind.facts.namespaced || options.continueToken !== '') return ''
  return selected.equalities.get('metadata.namespace') ?? ''
}

function continuePoint(options: ListOptions): ContinuePoint {
  const point = decodeContinue(options.continueToken)
  if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
    throw newBadRequest('specifying resource version is not allowed when using continue')
  }
  return point
}

async function snapshotFor(
  store: ResourceStore,
  options: ListOptions,
  point: ContinuePoint | undefined,
  isOne: boolean,
): Promise<CacheSnapshot> {
  if (point !== undefined) {
    if (point.revision === undefined) return store.cache.snapshot()
    try {
      return await store.cache.snapshotAt(point.revision)
    } catch (error) {
      if (!(error instanceof CompactedError)) throw translate(error)
      const expired = newResourceExpired(expiredText)
      const metadata = { continue: encodeContinue({ after: point.after, revision: undefined }) }
      throw new StatusError({ ...expired.status, metadata })
    }
  }
  const revision = minimumRevision(options.resourceVersion)
  if (revision === undefined || revision === 0) return store.cache.snapshot()
  // A page of one object is none: what it could be at that revision or later is good enough.
  const isPage = options.limit > 0 && !isOne
  const isExact = options.resourceVersionMatch === 'Exact' || (options.resourceVersionMatch === '' && isPage)
  if (revision > store.revision) throw newTooLargeResourceVersion(revision, store.revision)
  if (!isExact) return store.cache.snapshot()
  try {
    return await store.cache.snapshotAt(revision)
  } catch (error) {
    throw translate(error)
  }
}

/** @throws StatusError 400 */
function minimumRevision(text: string): number | undefined {
  try {
    return parseRevision(text)
  } catch (error) {
    throw newBadRequest(`invalid resource version: ${(error as Error).message}`)
  }
}

function translate(error: unknown): unknown {
  if (error instanceof CompactedError) {
    return newResourceExpired(`The resourceVersion for the provided list is too old.`)
  }
  if (error instanceof FutureRevisionError)
    return newTooLargeResourceVersion(error.requestedRevision, error.currentRevision)
  return error
}

interface Page {
  readonly entries: readonly Entry[]
  /** The last entry looked at. */
  readonly last: Entry | undefined
  /** How many entries are left after it; undefined when the list is complete. */
  readonly more: number | undefined
}

function collect(
  store: ResourceStore,
  snapshot: CacheSnapshot,
  prefix: string,
  selected: Selection,
  limit: number,
  after: string | undefined,
): Page {
  const { found, isExact, isByLabel } = candidates(store, snapshot, prefix, selected, after)
  const entries: Entry[] = []
  let isCut = false
  for (const entry of found) {
    isCut = limit > 0 && entries.length === limit
    if (isCut) break
    if (isExact || selected.matchesEntry(entry)) entries.push(entry)
  }
  const last = entries.at(-1)
  // A page that is full has a next one if anything follows, whether it matches or not: nobody has looked at it yet.
  if (!isCut && !(isByLabel && limit > 0 && entries.length === limit)) return { entries, last, more: undefined }
  const more = snapshot.count(prefix, last!.key)
  return { entries, last, more: more === 0 ? undefined : more }
}

interface Candidates {
  /** What a selection may match, in key order. */
  readonly found: Iterable<Entry>
  /** All of it does match. */
  readonly isExact: boolean
  /** Found by an index that is ours alone: in the real server, what lies between is looked at too. */
  readonly isByLabel: boolean
}

/**
 * Looked for by name, in an index of the kind or of labels, else everywhere.
 * @param prefix of a namespace or of all, with its final slash; the snapshot need not be of now
 */
function candidates(
  store: ResourceStore,
  snapshot: CacheSnapshot,
  prefix: string,
  selected: Selection,
  after: string | undefined,
): Candidates {
  if (selected.name !== undefined && after === undefined && isOneNamespace(store, prefix)) {
    const entry = snapshot.get(prefix + selected.name)
    return { found: entry === undefined ? [] : [entry], isExact: false, isByLabel: false }
  }
  if (!selected.isAll && snapshot.revision === store.revision) {
    const indexed = (store.kind.indexes ?? []).find((path) => (selected.equalities.get(path) ?? '') !== '')
    if (indexed !== undefined) {
      const found = below(store.cache.byIndex(indexed, selected.equalities.get(indexed)!), prefix, after)
      return { found, isExact: selected.isOnly(indexed), isByLabel: false }
    }
    if (selected.labels.size > 0) {
      return { found: below(store.cache.byLabels(selected.labels), prefix, after), isExact: false, isByLabel: true }
    }
  }
  return { found: snapshot.entries(prefix, after), isExact: selected.isAll, isByLabel: false }
}

/** Where a name means at most one object. */
function isOneNamespace({ kind, prefix: everything }: ResourceStore, prefix: string): boolean {
  return !kind.facts.namespaced || prefix !== everything
}

function below(entries: readonly Entry[], prefix: string, after = ''): readonly Entry[] {
  return entries.filter(({ key }) => key.startsWith(prefix) && key > after)
}

/** The entries that a selection matches, in key order. @param prefix of a namespace or of all, with its final slash */
export function* selectedEntries(
  store: ResourceStore,
  snapshot: CacheSnapshot,
  prefix: string,
  selected: Selection,
): Generator<Entry, undefined> {
  const { found, isExact } = candidates(store, snapshot, prefix, selected, undefined)
  for (const entry of found) if (isExact || selected.matchesEntry(entry)) yield entry
}
