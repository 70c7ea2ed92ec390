// GET /debug/snapshot: a backup of everything as a stream, for those who may read that path.
//
// It is no path of a real server. Like /metrics it is allowed by nonResourceURLs, to system:masters by default; whoever may
// read it reads all Secrets.
import { Readable } from 'node:stream'
import { newMethodNotAllowed } from '../apimachinery/errors.ts'
import { snapshotChunks } from '../storage/snapshot-file.ts'
import type { Snapshot } from '../storage/store.ts'
import type { Filter } from './context.ts'

const path = '/debug/snapshot'

export function snapshotDownload(snapshot: () => Snapshot): Filter {
  return (next) => (ctx) => {
    if (ctx.path !== path) return next(ctx)
    if (ctx.method !== 'GET') throw newMethodNotAllowed()
    ctx.set('Content-Type', 'application/octet-stream')
    ctx.set('Cache-Control', 'no-store')
    // Read as fast as the client does. What breaks off misses its checksum.
    ctx.body = Readable.from(snapshotChunks(snapshot()), { highWaterMark: 1 })
  }
}
