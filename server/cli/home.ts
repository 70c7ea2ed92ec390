// Where clusters are kept when nothing else is said.
import { homedir } from 'node:os'
import { join } from 'node:path'

export function home(): string {
  return process.env['KUBELING_HOME'] ?? join(homedir(), '.kubeling')
}

export function defaultDataDir(): string {
  return join(home(), 'default')
}
