// The profile knows every plugin there is.
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'

describe('defaultProfile', () => {
  it('imports every file of plugins/', () => {
    const text = readFileSync(new URL('profile.ts', import.meta.url), 'utf8')
    const files = readdirSync(new URL('plugins/', import.meta.url)).filter((name) => !name.endsWith('.test.ts'))
    expect(files.filter((name) => !text.includes(`'./plugins/${name}'`))).to.deep.equal([])
  })
})
