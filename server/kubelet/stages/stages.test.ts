// Every stage by example: testdata/X.input.json is a pod, X.output.json what its next stage makes of it.
// UPDATE_TESTDATA=1 writes the outputs anew: read the difference before committing it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { seededRandom } from '../../apimachinery/names.ts'
import { deepFreeze } from '../../apimachinery/equality.ts'
import { SimulatedRuntime } from '../runtime.ts'
import { defaultDelays, type PodObject, type StageContext } from '../stage.ts'
import { stages } from './index.ts'

const folder = new URL('testdata/', import.meta.url)

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as unknown
}

function nextOf(pod: PodObject): unknown {
  const context: StageContext = {
    now: Date.UTC(2026, 0, 1, 0, 0, 30),
    hostIPs: ['172.18.0.2'],
    delays: defaultDelays,
    runtime: new SimulatedRuntime(seededRandom(1)),
    podIPs: (one) => (one.spec?.hostNetwork === true ? ['172.18.0.2'] : ['10.244.0.2']),
  }
  const stage = stages.find((one) => one.when(pod, context))
  if (stage === undefined) return { stage: null }
  const begin = stage.begin?.(pod, context)
  const made = { stage: stage.name, delaySeconds: stage.delaySeconds(pod, context), begin, ...stage.next(pod, context) }
  return JSON.parse(JSON.stringify(made)) as unknown
}

describe('kubelet stages', () => {
  const used = new Set<unknown>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.input.json'))) {
    const name = file.slice(0, -'.input.json'.length)
    it(`knows what comes next: ${name.replaceAll('-', ' ')}`, () => {
      const output = nextOf(deepFreeze(read(file)) as PodObject)
      if (process.env['UPDATE_TESTDATA'] !== undefined) {
        writeFileSync(new URL(`${name}.output.json`, folder), `${JSON.stringify(output, undefined, 2)}\n`)
      }
      expect(output).to.deep.equal(read(`${name}.output.json`))
      used.add((output as { stage: unknown }).stage)
    })
  }

  it('asks the stages of every file', () => {
    const text = readFileSync(new URL('index.ts', import.meta.url), 'utf8')
    const shared = ['index.ts', 'state.ts', 'container-events.ts', 'stages.test.ts']
    const files = readdirSync(new URL('.', import.meta.url)).filter(
      (name) => name.endsWith('.ts') && !shared.includes(name),
    )
    expect(files.filter((name) => !text.includes(`'./${name}'`))).to.deep.equal([])
  })

  it('has an example of every stage', () => {
    expect(stages.map(({ name }) => name).filter((name) => !used.has(name))).to.deep.equal([])
  })
})
