// Where clusters are kept when nothing else is said.
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

export function home(): string {
  return process.env['KUBELING_HOME'] ?? join(homedir(), '.kubeling')
}

export function defaultDataDir(): string {
  return join(home(), 'default')
}

/** The kubeconfig of the cluster that kubectl talks to here: the first of $KUBECONFIG, else the one in the data folder. */
export function kubeconfigInUse(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment['KUBECONFIG']?.split(delimiter).find((one) => one !== '')
  return named ?? join(defaultDataDir(), 'kubeconfig')
}
