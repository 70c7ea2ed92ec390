// The space of new objects, in a process of its own.
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'

describe('boundYoungGeneration', () => {
  it('keeps the space of new objects at its bound, though more and more of them stay', () => {
    const module = new URL('./young-generation.ts', import.meta.url).href
    const script = `
      import { getHeapSpaceStatistics } from 'node:v8'
      const { boundYoungGeneration } = await import(${JSON.stringify(module)})
      boundYoungGeneration()
      const kept = []
      for (let turn = 0; turn < 300; turn++) {
        for (let at = 0; at < 500; at++) kept.push({ turn, at, list: [turn, at, {}, {}, {}, {}] })
        await new Promise((resolve) => setImmediate(resolve))
      }
      const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
      console.log(kept.length, space_size / 1024 / 1024)`
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    const [count, size] = said.trim().split(' ').map(Number)
    expect(count).to.equal(150_000)
    expect(size).to.be.at.most(32)
  })
})
