// Objects as Table rows.
import { expect } from 'chai'
import { openMemoryStore } from '../storage/memory.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { defineKind, type KindBehaviour } from './kind.ts'
import { Resources, type Resource } from './resources.ts'
import { columnsOf, partialMetadata, rowOf } from './table.ts'

const now = Date.UTC(2026, 0, 1, 0, 1)
const object: AnyObject = {
  metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: { k: 'v', l: 'w' },
}

function resourceOf(name: string, kinds: KindBehaviour<AnyObject>[] = []): Resource {
  return new Resources(openMemoryStore(), kinds, {}).byName(name)!
}

describe('tables', () => {
  const configMap = defineKind<AnyObject>({
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    cells: { Data: ({ data }) => Object.keys((data as object | undefined) ?? {}).length },
    rowConditions: ({ metadata }) =>
      metadata?.name === 'done' ? [{ type: 'Completed', status: 'True', reason: 'r', message: 'm' }] : [],
  })

  it('have the columns of the kind, and rows of its cells', () => {
    const resource = resourceOf('configmaps', [configMap])
    const columns = columnsOf(resource)
    expect(columns.map(({ name, type, format, priority }) => [name, type, format, priority])).to.deep.equal([
      ['Name', 'string', 'name', 0],
      ['Data', 'string', '', 0],
      ['Age', 'string', '', 0],
    ])
    expect(rowOf(resource, object, columns, now)).to.deep.equal({ cells: ['a', 2, '60s'] })
    expect(columns[1]?.description).to.match(/^Data contains the configuration data\./)
    expect(columnsOf(resource), 'made once').to.equal(columns)
  })

  it('say of a row what the kind says', () => {
    const resource = resourceOf('configmaps', [configMap])
    const row = rowOf(resource, { metadata: { name: 'done' } }, columnsOf(resource), now)
    expect(row.conditions).to.deep.equal([{ type: 'Completed', status: 'True', reason: 'r', message: 'm' }])
    expect(row.cells).to.deep.equal(['done', 0, '<unknown>'])
  })

  it('of kinds without a printer have a name and a time', () => {
    const pods = resourceOf('pods')
    const widgets: Resource = { ...pods, facts: { ...pods.facts, group: 'example.com', resource: 'widgets' } }
    const columns = columnsOf(widgets)
    expect(columns.map(({ name }) => name)).to.deep.equal(['Name', 'Created At'])
    expect(rowOf(widgets, object, columns, now).cells).to.deep.equal(['a', '2026-01-01T00:00:00Z'])
  })

  it('know objects by their metadata alone', () => {
    expect(partialMetadata(object)).to.deep.equal({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: object.metadata,
    })
  })
})
