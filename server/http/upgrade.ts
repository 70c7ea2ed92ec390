// Connections that stop to speak HTTP: who may ask for it takes the same way through the filters as every other request.
import { ServerResponse, type IncomingMessage } from 'node:http'
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { RequestHandler } from './app.ts'
import { isWebSocketRequest } from './websocket.ts'

/** Of Node's servers, of either kind. */
interface UpgradableServer extends EventEmitter {
  shouldUpgradeCallback?(request: IncomingMessage): boolean
}

/**
 * Hands on requests to watch over a WebSocket. Their responses have the connection for themselves: it ends with an answer,
 * and whoever accepts writes to the socket.
 */
export function acceptUpgrades(server: UpgradableServer, handle: RequestHandler): void {
  server.shouldUpgradeCallback = ({ headers, url = '' }) => isWebSocketRequest(headers) && watches.test(url)
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Whoever goes away is gone.
    socket.on('error', () => {})
    if (head.length > 0) socket.unshift(head)
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.on('finish', () => socket.end())
    upgraded.add(response)
    handle(request, response)
  })
}

const upgraded = new WeakSet<object>()

/** Whether the response has its connection for itself. */
export function isUpgraded(response: object): boolean {
  return upgraded.has(response)
}

/** Where else an upgrade is asked for, it is answered as if it were not. */
const watches = /[?&]watch=|^\/(?:api|apis\/[^/]*)\/[^/]*\/watch\//
