// A backup from a running server, whoever a kubeconfig names.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { readFailure } from './failure.ts'

/** An answer that is no snapshot is read up to here: it says why. */
const maxAnswerBytes = 64 * 1024

export interface Download {
  /** Of the server. */
  readonly url: string
  readonly chunks: AsyncIterable<Uint8Array>
}

/** @throws Error whose message is a sentence */
export async function snapshotOfServer(kubeconfig: string): Promise<Download> {
  const { url, message } = await serverAnswer(kubeconfig, '/debug/snapshot')
  if (message.statusCode === 200) return { url, chunks: message }
  throw new Error(await refusal(url, message))
}

/**
 * What the server that a kubeconfig names answers. @param change is sent as the JSON of a PUT
 * @throws Error whose message is a sentence, if it cannot be asked
 */
export async function serverAnswer(
  kubeconfig: string,
  path: string,
  change?: object,
): Promise<{ url: string; message: IncomingMessage }> {
  const { url, options } = await connectionOf(kubeconfig)
  const { hostname, port, pathname } = new URL(url)
  const asked = request({
    ...options,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    path: `${pathname.replace(/\/$/, '')}${path}`,
    agent: false,
    ...(change === undefined ? {} : { method: 'PUT', headers: { 'content-type': 'application/json' } }),
  })
  asked.end(change === undefined ? undefined : JSON.stringify(change))
  try {
    const [message] = (await once(asked, 'response')) as [IncomingMessage]
    return { url, message }
  } catch (error) {
    throw new Error(`the server ${url} of ${kubeconfig} cannot be reached: ${reachFailure(error)}`, { cause: error })
  }
}

async function connectionOf(kubeconfig: string): Promise<{ url: string; options: RequestOptions }> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  const options: RequestOptions = {}
  try {
    config.loadFromFile(kubeconfig)
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    throw new Error(`the kubeconfig ${kubeconfig} cannot be used: ${readFailure(error)}`, { cause: error })
  }
  const server = config.getCurrentCluster()?.server
  if (server === undefined) throw new Error(`the kubeconfig ${kubeconfig} has no current context`)
  return { url: server, options }
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it broke off the connection',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'there is no host of that name',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to that host',
}

function reachFailure(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return unreachable[code] ?? message
}

async function refusal(url: string, message: IncomingMessage): Promise<string> {
  const text = await readAnswer(message, maxAnswerBytes)
  if (message.statusCode === 404) return `the server ${url} gives no snapshots: it is not kubeling, or an older one`
  const why = statusMessage(text) ?? `status ${message.statusCode}`
  return `the server ${url} refuses the snapshot: ${why}`
}

/** @param limit in bytes, beyond which the rest is left out */
export async function readAnswer(message: IncomingMessage, limit = Infinity): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > limit) break
  }
  return Buffer.concat(chunks).toString()
}

function statusMessage(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : undefined
  } catch {
    return undefined
  }
}
