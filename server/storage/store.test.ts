// The contract suite on each engine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStore } from './leveldb.ts'
import { openMemoryStore } from './memory.ts'
import { describeStore } from './store.contract.ts'

describeStore({
  name: 'memory',
  survivesRestart: false,
  newPlace: () => Promise.resolve({ open: () => Promise.resolve(openMemoryStore()), remove: () => Promise.resolve() }),
})

for (const durability of ['sync', 'relaxed'] as const) {
  describeStore({
    name: `LevelDB, ${durability}`,
    survivesRestart: true,
    newPlace: async () => {
      const path = await mkdtemp(join(tmpdir(), 'kubeling-store-'))
      return {
        open: () => openLevelStore({ path, durability }),
        remove: () => rm(path, { recursive: true }),
      }
    },
  })
}
