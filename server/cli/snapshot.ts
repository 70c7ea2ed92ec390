// `kubeling snapshot save` and `restore`: everything a cluster stores in one file, and back.
import { createReadStream, existsSync, rmdirSync } from 'node:fs'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { makeFolder } from '../folder.ts'
import { openLevelStore } from '../storage/leveldb.ts'
import { restoreLevelStore } from '../storage/level-restore.ts'
import { readSnapshot, snapshotChunks, SnapshotFileError, type SnapshotSummary } from '../storage/snapshot-file.ts'
import { StoreOpenError } from '../storage/store.ts'
import { explain, Failure, readFailure, writeFailure } from './failure.ts'
import { defaultDataDir } from './home.ts'
import { snapshotOfServer } from './snapshot-download.ts'

/** What went wrong, as the exit code says it. 1 is anything else: flags, files that cannot be read or written. */
export const exitCodes = { server: 2, dataFolder: 3, snapshot: 4 } as const

export interface SaveFlags {
  readonly dataDir?: string
  readonly kubeconfig?: string
}

export interface RestoreFlags {
  readonly dataDir: string
}

type Chunks = AsyncIterable<Uint8Array>

export async function save(file: string, flags: SaveFlags): Promise<void> {
  await reported(async () => console.log(`saved ${file}: ${describe(await saveSnapshot(file, flags))}`))
}

export async function restore(file: string, flags: RestoreFlags): Promise<void> {
  await reported(async () =>
    console.log(`restored ${file} to ${flags.dataDir}: ${describe(await restoreSnapshot(file, flags))}`),
  )
}

/** @throws Failure */
export function saveSnapshot(file: string, { dataDir, kubeconfig }: SaveFlags): Promise<SnapshotSummary> {
  return kubeconfig === undefined
    ? saveFolder(resolve(file), resolve(dataDir ?? defaultDataDir()))
    : saveServer(resolve(file), resolve(kubeconfig))
}

function describe({ count, revision, bytes, sha256 }: SnapshotSummary): string {
  return `${count} objects at revision ${revision}, ${bytes} bytes, sha256 ${sha256}`
}

/** A failure is printed, and becomes the exit code. */
async function reported(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const sentence = explain(error, { port: 0, bindAddress: '' })
    if (sentence === undefined) console.error('kubeling: this should not have happened:', error)
    else console.error(`kubeling: ${sentence}`)
    process.exitCode = error instanceof Failure ? error.exitCode : 1
  }
}

/** Reads the folder itself; where a server has it open, asks that one. */
async function saveFolder(path: string, dataDir: string): Promise<SnapshotSummary> {
  const { dataFolder: exitCode } = exitCodes
  const storePath = join(dataDir, 'store')
  if (!existsSync(join(storePath, 'CURRENT'))) {
    throw new Failure(
      `there is no cluster in ${dataDir}: name its folder with --data-dir, or its kubeconfig with --kubeconfig`,
      { exitCode },
    )
  }
  const store = await openLevelStore({ path: storePath }).catch((error: unknown) => {
    if (!(error instanceof StoreOpenError)) throw error
    if (error.reason !== 'locked') throw new Failure(error.message, { exitCode, cause: error })
    return undefined
  })
  if (store !== undefined) {
    try {
      return await writeSnapshot(path, laterOf(snapshotChunks(store.snapshot())))
    } finally {
      await store.close()
    }
  }
  const kubeconfig = join(dataDir, 'kubeconfig')
  if (!existsSync(kubeconfig)) {
    throw new Failure(`a server runs on ${dataDir}, and its kubeconfig is not there: name it with --kubeconfig`, {
      exitCode,
    })
  }
  return saveServer(path, kubeconfig)
}

async function saveServer(path: string, kubeconfig: string): Promise<SnapshotSummary> {
  const { server: exitCode } = exitCodes
  const { url, chunks } = await snapshotOfServer(kubeconfig).catch((error: unknown) => {
    throw error instanceof Error && !(error instanceof Failure)
      ? new Failure(error.message, { exitCode, cause: error })
      : error
  })
  try {
    return await writeSnapshot(path, chunks)
  } catch (error) {
    if (error instanceof Failure) throw error
    const why = error instanceof SnapshotFileError ? error.message : 'the connection broke off'
    throw new Failure(`what ${url} sent is not a whole snapshot: ${why}; nothing was saved`, { exitCode, cause: error })
  }
}

async function* laterOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* chunks
}

/** The file appears whole and on disk, or not at all; one of that name is replaced. */
async function writeSnapshot(path: string, chunks: Chunks): Promise<SnapshotSummary> {
  const temporary = `${path}.part`
  const cannotWrite = (error: unknown): never => {
    throw new Failure(`${path} cannot be written: ${writeFailure(error)}`, { cause: error })
  }
  // What it holds, all Secrets among it, is for the user alone.
  const handle = await open(temporary, 'w', 0o600).catch(cannotWrite)
  try {
    try {
      const summary = await checked(copied(chunks, handle, cannotWrite))
      await handle.sync().catch(cannotWrite)
      await rename(temporary, path).catch(cannotWrite)
      return summary
    } finally {
      await handle.close()
    }
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Hands on what it has written. */
async function* copied(
  chunks: Chunks,
  handle: FileHandle,
  onError: (error: unknown) => never,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    await handle.appendFile(chunk).catch(onError)
    yield chunk
  }
}

async function checked(chunks: Chunks): Promise<SnapshotSummary> {
  const records = readSnapshot(chunks)
  for (;;) {
    const next = await records.next()
    if (next.done === true) return next.value
  }
}

/** @throws Failure */
export async function restoreSnapshot(file: string, flags: RestoreFlags): Promise<SnapshotSummary> {
  const dataDir = resolve(flags.dataDir)
  const { dataFolder, snapshot } = exitCodes
  const isNew = !existsSync(dataDir)
  const chunks = await open(file).catch((error: unknown) => {
    throw new Failure(`${file} cannot be read: ${readFailure(error)}`, { cause: error })
  })
  try {
    makeFolder(dataDir, 0o700)
    return await restoreLevelStore(join(dataDir, 'store'), createReadStream('', { fd: chunks, autoClose: false }))
  } catch (error) {
    if (isNew && existsSync(dataDir)) rmdirSync(dataDir)
    if (error instanceof SnapshotFileError) {
      throw new Failure(`${file} cannot be restored: ${error.message}`, { exitCode: snapshot, cause: error })
    }
    if (error instanceof StoreOpenError) {
      throw new Failure(`${error.message}: choose another folder with --data-dir`, {
        exitCode: dataFolder,
        cause: error,
      })
    }
    const { syscall } = error as NodeJS.ErrnoException
    if (syscall === 'read') throw new Failure(`${file} cannot be read: ${readFailure(error)}`, { cause: error })
    throw error
  } finally {
    await chunks.close()
  }
}
