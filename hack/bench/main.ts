// Measures kubeling: JSON on standard output, a Markdown table on standard error.
// Usage: npm run -s bench [-- [GROUP...] [--runs N]]; without a group all are measured.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { bootFigures } from './boot.ts'
import { codecFigures } from './codec.ts'
import type { Figure } from './figure.ts'
import { readFigures } from './reads.ts'
import { wireFigures } from './wire.ts'

/** In the order in which they run: what measures the memory of this very process comes first. */
const groups: Readonly<Record<string, (runs: number) => Promise<Figure[]>>> = {
  boot: bootFigures,
  codec: codecFigures,
  wire: wireFigures,
  reads: readFigures,
}

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '7' } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => groups[name] === undefined)
if (unknown.length > 0) {
  console.error(`no such group: ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`)
  process.exit(1)
}

const figures: Figure[] = []
for (const [name, measure] of Object.entries(groups)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  console.error(`measuring ${name} ...`)
  figures.push(...(await measure(Number(values.runs))))
}
console.log(JSON.stringify({ node: process.version, cores: availableParallelism(), figures }, null, 2))
console.error('\n| figure | median | min to max | bar |\n| --- | --- | --- | --- |')
for (const { what, unit, median, min, max, bar } of figures) {
  console.error(`| ${what} | ${median} ${unit} | ${min} to ${max} | ${bar === undefined ? '' : `≤ ${bar} ${unit}`} |`)
}
