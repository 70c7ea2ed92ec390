// The filter chain over an API in memory, on a port of its own without TLS: for tests of what is on the wire.
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { ClusterClock } from '../apimachinery/cluster-clock.ts'
import { staticTokens } from '../authentication/token-file.ts'
import type { Authenticator } from '../authentication/authenticator.ts'
import type { AuthorizationAttributes, Authorizer } from '../authorization/authorizer.ts'
import { TestApi } from '../endpoints/testing.ts'
import { createApp, type AppOptions } from './app.ts'
import type { Documents } from './documents.ts'
import { acceptUpgrades } from './upgrade.ts'

export interface TestServerOptions extends Partial<
  Pick<AppOptions, 'authenticators' | 'authorizer' | 'allowAnonymous' | 'clock' | 'profiling' | 'logRequest'>
> {
  readonly documents?: Partial<Documents>
}

export interface Requested {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  /** Bytes as they are, anything else as JSON. */
  readonly body?: unknown
  /** Sent in pieces without a length. */
  readonly isChunked?: boolean
  /** Gives up. */
  readonly signal?: AbortSignal
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
}

/** `admin-token` is of a user in system:masters, `jane-token` of one in the group dev. */
export const tokens: Authenticator = staticTokens(
  new Map([
    ['admin-token', { name: 'admin', groups: ['system:masters'] }],
    ['jane-token', { name: 'jane', groups: ['dev'] }],
  ]),
)

/** Allows system:masters everything, and others what `mayAlso` says. */
export function authorizerFor(mayAlso: (attributes: AuthorizationAttributes) => boolean = () => false): Authorizer {
  return {
    authorize: (attributes) => ({
      verdict: attributes.user.groups.includes('system:masters') || mayAlso(attributes) ? 'allow' : 'no-opinion',
      reason: '',
    }),
  }
}

export class TestServer {
  readonly api: TestApi
  readonly port: number
  /** What was logged. */
  readonly logged: string[]
  readonly #close: () => Promise<void>

  private constructor(api: TestApi, port: number, logged: string[], close: () => Promise<void>) {
    this.api = api
    this.port = port
    this.logged = logged
    this.#close = close
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const api = await TestApi.start()
    const logged: string[] = []
    const handle = createApp(appOptions(api, options, logged))
    const server = createServer(handle)
    acceptUpgrades(server, handle)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const close = async (): Promise<void> => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      await api.store.close()
    }
    return new TestServer(api, (server.address() as AddressInfo).port, logged, close)
  }

  close(): Promise<void> {
    return this.#close()
  }

  /** As the admin, unless other credentials are given. */
  async send(path: string, requested: Requested = {}): Promise<Answered> {
    const message = await this.open(path, requested)
    const chunks: Buffer[] = []
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    return { status: message.statusCode!, headers: message.headers, bytes, text: bytes.toString() }
  }

  /** Resolves with the head of the answer; the body is the caller's to read. */
  open(
    path: string,
    { method = 'GET', headers = {}, body, isChunked = false, signal }: Requested = {},
  ): Promise<IncomingMessage> {
    const bytes =
      body === undefined || Buffer.isBuffer(body)
        ? body
        : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const typed = body === undefined ? {} : { 'content-type': 'application/json' }
    const length = bytes === undefined || isChunked ? {} : { 'content-length': bytes.length }
    return new Promise((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1',
        port: this.port,
        path,
        method,
        agent: false,
        ...(signal === undefined ? {} : { signal }),
        headers: { authorization: 'Bearer admin-token', ...typed, ...length, ...headers },
      })
      sent.on('response', resolve)
      sent.on('error', reject)
      sent.end(bytes)
    })
  }

  /** `404 NotFound: pods "a" not found` */
  async refusal(path: string, requested: Requested = {}): Promise<string> {
    const { status, text } = await this.send(path, requested)
    const { reason, message } = JSON.parse(text) as { reason: string; message: string }
    return `${status} ${reason}: ${message}`
  }
}

function appOptions(api: TestApi, options: TestServerOptions, logged: string[]): AppOptions {
  const { authenticators = [tokens], authorizer = authorizerFor(), allowAnonymous = true, documents = {} } = options
  return {
    authenticators,
    authorizer,
    allowAnonymous,
    services: {
      api,
      tokens: { audiences: ['a'], issue: () => Promise.resolve('token') },
      components: () => [],
      reviewers: {
        authorize: (question) => authorizer.authorize(question),
        rulesFor: () => ({ resourceRules: [], nonResourceRules: [] }),
        authenticateToken: async () => undefined,
        audiences: ['a'],
      },
    },
    documents: {
      health: { healthz: [], livez: [], readyz: [] },
      version: { major: '1' },
      discovery: { find: () => undefined },
      openapi: { v2: () => ({ contentType: 'application/json', bytes: Buffer.from('{}') }), v3: () => undefined },
      metrics: () => Promise.resolve('series 1\n'),
      tokens: { issuer: 'https://issuer', keySet: () => Promise.resolve({ keys: [] }) },
      url: () => 'https://127.0.0.1:6443',
      ...documents,
    },
    snapshot: () => api.store.snapshot(),
    explainScheduling: async () => undefined,
    clock: options.clock ?? new ClusterClock(),
    profiling: options.profiling ?? true,
    logRequest: options.logRequest,
    metrics: {
      inflight: () => {},
      longRunning: () => {},
      requestEnded: () => {},
      watchTally: () => ({ events: 0, sizes: { observe: () => {} } }),
    },
    log: (message, error) => void logged.push(`${message}: ${String(error)}`),
  }
}

export const configMaps = '/api/v1/namespaces/default/configmaps'
