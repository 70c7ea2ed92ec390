// Making folders.
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and the folders above it, where they are not there.
 * Not by mkdir's own `recursive`: where the system refuses with ENOENT below a folder that exists, as under /proc, that
 * tries again without end.
 * @param mode of the folders that are made
 * @throws the error of the file system, with its code and path
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent, mode)
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Someone else was faster.
    if (!isFolder(path)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
