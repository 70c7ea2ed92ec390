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
  const prefix = store.listPrefix(namespace)
  const point = options.continueToken === '' ? undefined : continuePoint(options)
  const snapshot = await snapshotFor(store, options, point)
  // A list that may be any age is served whole: paging it would make no sense of one revision.
  const limit = options.resourceVersion === '0' ? 0 : options.limit
  const after = point === undefined ? undefined : prefix + point.after
  const { entries, last, more } = collect(store, snapshot, prefix, selected, limit, after)
  const metadata: ListAnswer['metadata'] = { resourceVersion: String(snapshot.revision) }
  if (more !== undefined) {
    metadata.continue = encodeContinue({ after: last!.key.slice(prefix.length), revision: snapshot.revision })
    if (selected.isAll) metadata.remainingItemCount = more
  }
  return { type: 'list', resource, entries, metadata }
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
  const isExact = options.resourceVersionMatch === 'Exact' || (options.resourceVersionMatch === '' && options.limit > 0)
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
  const candidates = narrow(store, snapshot, prefix, selected, after)
  const entries: Entry[] = []
  let last: Entry | undefined
  for (const entry of candidates) {
    if (limit > 0 && entries.length === limit) {
      return { entries, last, more: snapshot.count(prefix, last!.key) }
    }
    if (selected.isAll || selected.matches(entry.object)) {
      entries.push(entry)
      last = entry
    }
  }
  return { entries, last, more: undefined }
}

/**
 * The entries a selection can match at all, in key order: the one that is named, those an index of the kind finds, else all.
 * @param prefix of a namespace or of all, with its final slash; the snapshot need not be of now
 */
export function narrow(
  store: ResourceStore,
  snapshot: CacheSnapshot,
  prefix: string,
  selected: Selection,
  after: string | undefined,
): Iterable<Entry> {
  const { facts } = store.kind
  const isNamespace = !facts.namespaced || prefix !== store.prefix
  if (isNamespace && selected.name !== undefined && after === undefined) {
    const entry = snapshot.get(prefix + selected.name)
    return entry === undefined ? [] : [entry]
  }
  const indexed = (store.kind.indexes ?? []).find((path) => (selected.equalities.get(path) ?? '') !== '')
  if (indexed === undefined || after !== undefined || snapshot.revision !== store.revision)
    return snapshot.entries(prefix, after)
  const found = store.cache.byIndex(indexed, selected.equalities.get(indexed)!)
  return found.filter((entry) => entry.key.startsWith(prefix))
}
