// kubeconfig files: one of our own, and the user's, into which ours can be merged.
// Source: client-go/tools/clientcmd/api/v1, Config (v1.36)
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { KeyPair } from './authentication/certificates.ts'
import { makeFolder } from './folder.ts'

interface Named {
  name: string
}

interface Kubeconfig {
  apiVersion: 'v1'
  kind: 'Config'
  clusters: (Named & { cluster: Record<string, unknown> })[]
  users: (Named & { user: Record<string, unknown> })[]
  contexts: (Named & { context: { cluster: string; user: string; namespace?: string } })[]
  'current-context': string
  preferences?: Record<string, unknown>
}

export interface KubeconfigOptions {
  readonly url: string
  /** PEM. */
  readonly authority: string
  readonly admin: KeyPair
  /** Of cluster, user and context. */
  readonly name: string
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function entries({ url, authority, admin, name }: KubeconfigOptions): Kubeconfig {
  const user = `${name}-admin`
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': base64(authority) } }],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': base64(admin.certificate), 'client-key-data': base64(admin.key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  }
}

/** The text of a kubeconfig with this cluster alone. Written by hand: the YAML library takes longer to load than this whole file. */
export function kubeconfigText({ url, authority, admin, name }: KubeconfigOptions): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: ${JSON.stringify(name)}
  cluster:
    server: ${url}
    certificate-authority-data: ${base64(authority)}
users:
- name: ${JSON.stringify(`${name}-admin`)}
  user:
    client-certificate-data: ${base64(admin.certificate)}
    client-key-data: ${base64(admin.key)}
contexts:
- name: ${JSON.stringify(name)}
  context:
    cluster: ${JSON.stringify(name)}
    user: ${JSON.stringify(`${name}-admin`)}
current-context: ${JSON.stringify(name)}
`
}

/** Readable for the user alone: it holds a key that may do everything. */
export function writeKubeconfig(file: string, text: string): void {
  makeFolder(dirname(file))
  // A link stays a link: what it leads to is written.
  const path = existsSync(file) ? realpathSync(file) : file
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, text, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Whether a file is somebody's kubeconfig, with more in it than a cluster of this name. */
export async function holdsOthers(path: string, name: string): Promise<boolean> {
  if (!existsSync(path)) return false
  const { parse } = await import('yaml')
  const parsed = parse(readFileSync(path, 'utf8')) as Partial<Kubeconfig> | null
  return parsed?.clusters?.some((one) => one.name !== name) ?? false
}

/** The file kubectl would write to: the first of $KUBECONFIG, else ~/.kube/config. */
export function userKubeconfigPath(environment: NodeJS.ProcessEnv = process.env): string {
  const first = (environment['KUBECONFIG'] ?? '').split(delimiter).find((one) => one !== '')
  return first ?? join(homedir(), '.kube', 'config')
}

/**
 * Adds this cluster to a kubeconfig, replacing an earlier one of the same name, and makes it the current context.
 * Everything else in the file stays.
 * @throws Error if the file is there and is no kubeconfig
 */
export async function mergeKubeconfig(path: string, options: KubeconfigOptions): Promise<void> {
  const { parse, stringify } = await import('yaml')
  const ours = entries(options)
  const theirs = existsSync(path) ? checkKubeconfig(path, parse(readFileSync(path, 'utf8'))) : undefined
  const put = <T extends Named>(list: T[] | null | undefined, added: T[]): T[] => [
    ...(list ?? []).filter((one) => !added.some((other) => other.name === one.name)),
    ...added,
  ]
  const merged: Kubeconfig = {
    ...ours,
    ...theirs,
    clusters: put(theirs?.clusters, ours.clusters),
    users: put(theirs?.users, ours.users),
    contexts: put(theirs?.contexts, ours.contexts),
    'current-context': options.name,
  }
  writeKubeconfig(path, stringify(merged, { lineWidth: 0 }))
}

function checkKubeconfig(path: string, parsed: unknown): Kubeconfig | undefined {
  if (parsed === null) return undefined
  const config = parsed as Kubeconfig
  if (typeof config !== 'object' || config.kind !== 'Config')
    throw new Error(`${path} is not a kubeconfig: its kind is not Config`)
  return config
}
