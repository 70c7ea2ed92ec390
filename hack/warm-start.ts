// Run once after an installation in a checkout: starts a cluster and stops it, so that Node's compile cache is filled and
// the first `npm start` is as fast as all others. An installation never fails because of it.
import { mkdtempSync, rmSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

try {
  nodeModule.enableCompileCache()
  const { startCluster } = await import('../server/cluster.ts')
  await import('../server/cli/program.ts')
  const dataDir = mkdtempSync(join(tmpdir(), 'kubeling-warm-'))
  const cluster = await startCluster({ dataDir })
  await cluster.close()
  rmSync(dataDir, { recursive: true, force: true })
  nodeModule.flushCompileCache()
} catch (error) {
  console.warn('kubeling: the first start will be slower than the next ones:', error)
}
