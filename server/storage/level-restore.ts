// From a backup to a store on disk, all or nothing.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { eventKey, layoutOf, openDatabase } from './leveldb.ts'
import { readSnapshot, type SnapshotSummary } from './snapshot-file.ts'
import { StoreOpenError } from './store.ts'

/**
 * Writes a store that holds what the backup does, at the same revisions. It is made beside `path` and takes its place
 * when the checksum of the whole backup has been found right: a failure leaves nothing behind.
 * @param path the store's folder; it must be empty or absent, and its parent must be there
 * @throws SnapshotFileError, StoreOpenError, what `chunks` throws
 */
export async function restoreLevelStore(path: string, chunks: AsyncIterable<Uint8Array>): Promise<SnapshotSummary> {
  if (existsSync(path) && readdirSync(path).length > 0) {
    throw new StoreOpenError('other', `the folder ${path} holds a store already`)
  }
  const temporary = `${path}.restore-${process.pid}`
  try {
    const summary = await writeStore(temporary, chunks)
    rmSync(path, { recursive: true, force: true })
    renameSync(temporary, path)
    return summary
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

async function writeStore(path: string, chunks: AsyncIterable<Uint8Array>): Promise<SnapshotSummary> {
  const database = await openDatabase(path)
  try {
    const records = readSnapshot(chunks)
    for (;;) {
      const next = await records.next()
      if (next.done === true) {
        // Synced, and with it all that was written before.
        await database.batch(layoutOf(next.value.revision), { sync: true })
        return next.value
      }
      await database.batch(
        next.value.map(({ revision, bytes }) => ({ type: 'put', key: eventKey(revision), value: bytes })),
      )
    }
  } finally {
    await database.close()
  }
}
