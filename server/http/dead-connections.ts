// Connections that are over without Node's knowing: found by asking the system who is at the other end.
//
// When a client resets a connection of HTTP/2 while the server writes to it, Node's TLS takes note of the failed write and
// waits for that same write ever after: nothing is read any more, so that nobody sees the end, and the session, its streams
// and what is to be written to them stay for good.
import type { Socket } from 'node:net'

const periodMs = 5_000

/** What the handle of a socket has, and nothing else tells. */
interface Handle {
  /** Fills in the address. @returns 0, or the system's error */
  getpeername?(address: object): number
}

/** Whether there is nobody at the other end any more. */
function isDead(socket: Socket): boolean {
  const { _handle: handle } = socket as { _handle?: Handle | null }
  return !socket.destroyed && handle?.getpeername !== undefined && handle.getpeername({}) !== 0
}

/** @returns ends it */
export function endDeadConnections(sockets: ReadonlySet<Socket>, everyMs = periodMs): () => void {
  const timer = setInterval(() => {
    for (const socket of sockets) if (isDead(socket)) socket.destroy()
  }, everyMs).unref()
  return () => clearInterval(timer)
}
