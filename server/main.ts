#!/usr/bin/env node
// The command `kubeling`. Only what must happen before the rest is loaded: Node's compile cache, which saves most of a
// start (types stripped and code compiled once, not every time), and a clear word where Node is too old for the rest.
import * as nodeModule from 'node:module'

const oldestNode = 24

if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  console.error(`kubeling: Node ${oldestNode} or newer is needed, this is ${process.versions.node}`)
  process.exitCode = 1
} else {
  nodeModule.enableCompileCache()
  const { main } = await import('./cli/program.ts')
  await main(process.argv.slice(2))
}
