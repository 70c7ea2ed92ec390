// The list of kinds against its folder and against what the server serves.
import { readFileSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import { resources, tableColumns } from '../../openapi/index.ts'
import { kinds } from './index.ts'

const folder = new URL('./', import.meta.url)

/** Modules below the folder that define a kind, `apps/deployment.ts`. */
function kindFiles(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes('/') && file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => readFileSync(new URL(file, folder), 'utf8').includes('= defineKind<'))
    .sort()
}

/** Modules that the list imports. */
function imported(): string[] {
  const text = readFileSync(new URL('index.ts', folder), 'utf8')
  return [...text.matchAll(/from '\.\/([^']+)'/g)].map(([, file]) => file!).sort()
}

describe('kinds', () => {
  it('lists every module that defines a kind', () => {
    expect(imported()).to.deep.equal(kindFiles())
  })

  it('has one behaviour for each resource that is served', () => {
    const served = resources.map(({ group, version, kind }) => `${group}/${version} ${kind}`)
    const listed = kinds.map(({ group, version, kind }) => `${group}/${version} ${kind}`)
    expect(listed.sort()).to.deep.equal(served.sort())
  })

  for (const facts of resources) {
    const { group, version, kind, resource } = facts
    const behaviour = kinds.find((one) => one.group === group && one.version === version && one.kind === kind)
    if (behaviour === undefined) continue

    it(`prints every column of ${resource} in ${group || 'core'}/${version} and no other`, () => {
      const columns = tableColumns(group, version, resource)?.map(({ name }) => name) ?? []
      const byRegistry = new Set(['Name', 'Age', 'Created At'])
      const cells = Object.keys(behaviour.cells ?? {})
      expect(cells.filter((name) => !columns.includes(name))).to.deep.equal([])
      expect(columns.filter((name) => !byRegistry.has(name) && !cells.includes(name))).to.deep.equal([])
    })

    it(`has a strategy for the status of ${resource} only where it has one`, () => {
      const hasStatus = facts.subresources.some(({ name }) => name === 'status')
      expect(hasStatus || behaviour.status === undefined).to.equal(true)
    })
  }
})
