// Writes from many writers at once until it is killed, and prints a line for each write that was acknowledged:
// `<writer> <sequence> <revision>`. Arguments: the folder, and for each writer the sequence it starts at.
import { openLevelStore } from '../leveldb.ts'
import { operationAt } from './crash-plan.ts'

const [path, ...starts] = process.argv.slice(2)
const store = await openLevelStore({ path: path! })

async function write(writer: number, start: number): Promise<never> {
  for (let sequence = start; ; sequence++) {
    const { key, object } = operationAt(writer, sequence)
    const entry = await store.transact(key, () =>
      object === undefined ? { type: 'delete', object: { deleted: sequence } } : { type: 'put', object },
    )
    // Pipes are written to synchronously: a line that is printed arrives, whatever happens next.
    process.stdout.write(`${writer} ${sequence} ${entry!.revision}\n`)
  }
}

await Promise.all(starts.map((start, writer) => write(writer, Number(start))))
