// Runs after an installation: starts a cluster once, so that Node's compile cache knows the sources and the first start
// that someone waits for is as fast as any. It is only about speed: whatever goes wrong here does not matter.
import { enableCompileCache, flushCompileCache } from 'node:module'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

enableCompileCache()
const dataDir = mkdtempSync(join(tmpdir(), 'kubeling-warm-up-'))
try {
  await import('../server/cli/program.ts')
  await import('../server/cli/up.ts')
  const { startCluster } = await import('../server/cluster.ts')
  await using cluster = await startCluster({ dataDir, log: () => {} })
  await cluster.client().list('nodes')
  flushCompileCache()
} catch {
  // The start that matters will say it.
} finally {
  rmSync(dataDir, { recursive: true, force: true })
}
