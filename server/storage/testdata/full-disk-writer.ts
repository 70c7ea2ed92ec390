// Writes until the disk refuses, then prints how it went as JSON. Argument: the folder.
import { openLevelStore } from '../leveldb.ts'

const store = await openLevelStore({ path: process.argv[2]! })
const filler = 'x'.repeat(10_000)
let acknowledged = 0
let refusal = ''
while (refusal === '') {
  try {
    await store.transact(`/full/${acknowledged}`, () => ({ type: 'put', object: { filler } }))
    acknowledged++
  } catch (error) {
    refusal = (error as Error).name
  }
}
const readable = (await store.list('/full/')).entries.length
console.log(JSON.stringify({ acknowledged, refusal, readable }))
await store.close()
