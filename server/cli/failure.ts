// What a person is told when a command cannot do its work: one sentence. Everything that is not foreseen here is a bug of
// ours, and is shown with its stack.
import { DamagedPKIError } from '../pki.ts'
import { StoreOpenError } from '../storage/store.ts'

/** Its message says all there is to say. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** Of the process. */
  readonly exitCode: number
  constructor(message: string, { exitCode = 1, ...options }: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** What was asked for, as far as it makes a difference to the sentence. */
export interface Asked {
  readonly port: number
  readonly bindAddress: string
  /** Absent: in memory. */
  readonly dataDir?: string | undefined
}

const cannotWrite: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'there is a file of that name',
  EISDIR: 'there is a folder of that name',
  ENOENT: 'its parent folder cannot be made',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
}

const startAnew = 'move the folder away to start anew, or choose another with --data-dir'

/** The sentence for an error of a starting cluster; undefined if nobody foresaw it. */
export function explain(error: unknown, asked: Asked): string | undefined {
  if (error instanceof Failure) return error.message
  if (error instanceof StoreOpenError) return explainStore(error, asked)
  if (error instanceof DamagedPKIError) return `${error.message}; ${startAnew}`
  if (!(error instanceof Error)) return undefined
  const { code, syscall, path, dest = path } = error as NodeJS.ErrnoException & { dest?: string }
  if (syscall === 'listen' || syscall === 'getaddrinfo') return explainListen(code, asked)
  if (code !== undefined && dest !== undefined) return reasonFor(dest, code)
  return undefined
}

function explainStore(error: StoreOpenError, { dataDir }: Asked): string | undefined {
  switch (error.reason) {
    case 'locked':
      return `the data folder ${dataDir} is in use by another process: stop that one, or choose another folder with --data-dir`
    case 'corrupt':
      return `${oneLine(error.message)}; ${startAnew}`
    case 'unwritable':
    case 'other':
      return oneLine(error.message)
  }
}

function explainListen(code: string | undefined, { port, bindAddress }: Asked): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${bindAddress} is in use by another process: choose another with --port, or a free one with --port 0`
    case 'EACCES':
      return `port ${port} of ${bindAddress} may only be opened by an administrator: choose one above 1023 with --port`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
      return `${bindAddress} is not an address of this machine: choose another with --bind-address`
    default:
      return undefined
  }
}

function reasonFor(path: string, code: string): string | undefined {
  const reason = cannotWrite[code]
  return reason === undefined ? undefined : `${path} cannot be written: ${reason}`
}

/** As a reason inside a sentence: what the system says about a file that cannot be read. */
export function readFailure(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  return oneLine(error instanceof Error ? error.message : String(error))
}

/** As a reason inside a sentence: what the system says about a file that cannot be written. */
export function writeFailure(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return cannotWrite[code ?? ''] ?? oneLine(error instanceof Error ? error.message : String(error))
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}
