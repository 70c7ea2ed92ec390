// Where a server answers, and as whom it is asked: read from a kubeconfig.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'

/** Plain data: it travels to other processes. The server's certificate is not checked: it is measured, not trusted. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly token?: string
  /** Of a client certificate, PEM. */
  readonly certificate?: string
  readonly key?: string
}

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly { name: string; context: { cluster: string; user: string } }[]
  readonly clusters?: readonly { name: string; cluster: { server: string } }[]
  readonly users?: readonly { name: string; user: Record<string, unknown> }[]
}

/** The endpoint of the current context. @throws Error when the file does not lead to one with TLS */
export function readKubeconfig(file: string): Endpoint {
  const config = parse(readFileSync(file, 'utf8')) as Kubeconfig
  const context = named(config.contexts, config['current-context'], 'context').context
  const { server } = named(config.clusters, context.cluster, 'cluster').cluster
  const { user } = named(config.users, context.user, 'user')
  const url = new URL(server)
  if (url.protocol !== 'https:') throw new Error(`${file}: ${server} is not https`)
  const pem = (field: string): string | undefined => {
    const data = user[`${field}-data`]
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString()
    const path = user[field]
    return typeof path === 'string' ? readFileSync(resolve(dirname(file), path), 'utf8') : undefined
  }
  const { token } = user
  const certificate = pem('client-certificate')
  const key = pem('client-key')
  if (typeof token !== 'string' && certificate === undefined)
    throw new Error(`${file}: user ${context.user} has neither a token nor a client certificate`)
  return {
    host: url.hostname,
    port: Number(url.port || 443),
    ...(typeof token === 'string' && { token }),
    ...(certificate !== undefined && key !== undefined && { certificate, key }),
  }
}

function named<T extends { name: string }>(list: readonly T[] | undefined, name: string | undefined, what: string): T {
  const found = list?.find((one) => one.name === name)
  if (found === undefined) throw new Error(`the kubeconfig has no ${what} ${name ?? ''}`)
  return found
}
